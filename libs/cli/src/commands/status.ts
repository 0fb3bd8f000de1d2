/**
 * `polytraders status`: how far each service is, what came of what it read, and whether anything
 * stands still. Everything comes from Postgres but the ends of the log, which Kafka is asked for.
 */

import { physicalTopic, TOPICS } from '@polytraders/contracts';
import { type Command } from 'commander';
import { type CommandContext, printJson } from '../command.ts';
import { ask, reasonOf } from '../rows.ts';
import { type Database, withBus, withDatabase } from '../servers.ts';
import { tableText } from '../table.ts';

type ServiceStatus = {
  readonly service: string;
  readonly version: number;
  readonly active: boolean;
  readonly partitions: number;
  /** Records of its input that are applied, over all partitions. */
  readonly position: number;
  /** Partitions that stopped with a named error. */
  readonly halted: readonly { readonly partition: number; readonly because: string }[];
};

type OutcomeCount = {
  readonly service: string;
  readonly version: number;
  readonly outcome: string;
  readonly because: string;
  readonly count: number;
};

type Status = {
  readonly services: readonly ServiceStatus[];
  readonly outcomes: readonly OutcomeCount[];
  /** Committed offsets on the log over all partitions; null where Kafka does not answer. */
  readonly log_end: number | null;
  readonly log_error: string | null;
};

const OWNER = 'the services';

export function addStatus(program: Command, context: CommandContext): void {
  program
    .command('status')
    .description('How far each service is, what came of its input, what stands still.')
    .option('--json', 'JSON for programs')
    .action(async (options: { readonly json?: boolean }) => {
      const status = await withDatabase(context.env, (database) => readStatus(database, context));
      if (options.json === true) printJson(context.terminal, status);
      else context.terminal.out(textOf(status));
    });
}

async function readStatus(database: Database, context: CommandContext): Promise<Status> {
  const [services, outcomes] = [await servicesOf(database), await outcomesOf(database)];
  try {
    const end = await withBus(context.env, database, async ({ kafka, config }) => {
      const topic = physicalTopic(config.topicPrefix, TOPICS.ledgerEvents.name);
      const partitions = Array.from({ length: await kafka.partitionsOf(topic) }, (_, at) => at);
      const marks = await Promise.all(
        partitions.map((partition) => kafka.watermarks({ topic, partition })),
      );
      return marks.reduce((sum, { lastStable }) => sum + lastStable, 0);
    });
    return { services, outcomes, log_end: end, log_error: null };
  } catch (error) {
    return { services, outcomes, log_end: null, log_error: reasonOf(error) };
  }
}

async function servicesOf(database: Database): Promise<ServiceStatus[]> {
  const rows = await ask(
    database,
    `SELECT p.processor, p.version, count(*) AS partitions, sum(p.next_offset) AS position,
            coalesce(a.version = p.version, false) AS active,
            json_agg(json_build_object('partition', p.partition, 'because', p.halted)
                     ORDER BY p.partition) FILTER (WHERE p.halted IS NOT NULL) AS halted
       FROM stream.partition p LEFT JOIN stream.active_version a USING (processor)
      GROUP BY p.processor, p.version, a.version ORDER BY p.processor, p.version`,
    [],
    OWNER,
  );
  return rows.map((row) => ({
    service: row['processor'] ?? '',
    version: Number(row['version']),
    active: row['active'] === 't',
    partitions: Number(row['partitions']),
    position: Number(row['position']),
    halted: JSON.parse(row['halted'] ?? '[]') as ServiceStatus['halted'],
  }));
}

/** What every service made of its input, over all partitions. */
export async function outcomesOf(database: Database): Promise<OutcomeCount[]> {
  const rows = await ask(
    database,
    `SELECT processor, version, outcome, because, sum(count) AS count FROM stream.outcome
      GROUP BY processor, version, outcome, because ORDER BY processor, version, outcome, because`,
    [],
    OWNER,
  );
  return rows.map((row) => ({
    service: row['processor'] ?? '',
    version: Number(row['version']),
    outcome: row['outcome'] ?? '',
    because: row['because'] ?? '',
    count: Number(row['count']),
  }));
}

function textOf(status: Status): string {
  const log =
    status.log_end === null
      ? `The log: Kafka does not answer (${status.log_error ?? ''}).\n\n`
      : `The log: ${status.log_end} offsets on ${TOPICS.ledgerEvents.name}.\n\n`;
  const halted = status.services.flatMap(({ service, halted: stopped }) =>
    stopped.map(
      ({ partition, because }) => `${service} partition ${partition} stands still: ${because}\n`,
    ),
  );
  const services = tableText(
    [
      { title: 'service', text: (row) => row.service },
      { title: 'version', text: (row) => `${row.version}${row.active ? '' : ' (not active)'}` },
      { title: 'partitions', text: (row) => String(row.partitions), right: true },
      { title: 'input applied', text: (row) => String(row.position), right: true },
      {
        title: 'stands still',
        text: (row) => (row.halted.length === 0 ? 'no' : `${row.halted.length}`),
      },
    ],
    status.services,
    'No service has started yet.',
  );
  const outcomes = tableText(
    [
      { title: 'service', text: (row) => row.service },
      { title: 'outcome', text: (row) => row.outcome },
      { title: 'because', text: (row) => row.because },
      { title: 'records', text: (row) => String(row.count), right: true },
    ],
    status.outcomes,
    'Nothing was read yet.',
  );
  return `${log}${services}\n${outcomes}${halted.length === 0 ? '' : `\n${halted.join('')}`}`;
}
