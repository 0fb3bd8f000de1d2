/**
 * `polytraders status`: how far each service is, what came of what it read, and whether anything
 * stands still. Everything comes from Postgres but the ends of the log, which Kafka is asked for.
 */

import { physicalTopic, TOPICS, WINDOWS_PROCESSOR } from '@polytraders/contracts';
import { type Command } from 'commander';
import { type CommandContext, printJson } from '../command.ts';
import { type ListOptions, withFilters } from '../filters.ts';
import { legendOf } from '../legend.ts';
import { percentText } from '../percent.ts';
import { ask, PNL, schemaOf, shortest } from '../rows.ts';
import { type Database, withBus, withDatabase } from '../servers.ts';
import { tableText } from '../table.ts';
import { reasonOf } from '../terminal.ts';
import {
  type ChainStatus,
  chainStatus,
  chainText,
  inventoryJson,
  type InventoryStatus,
  inventoryStatus,
  inventoryText,
  jobsJson,
  type JobsStatus,
  jobsStatus,
  jobsText,
} from './status-inventory.ts';

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

/** Sums over the books that the filters choose; null before pnl-projector has started. */
type BooksStatus = {
  readonly books: number;
  readonly open: number;
  readonly incomplete: number;
  readonly fills: number;
  readonly set_aside: number;
  readonly realised_pnl_pusd: string;
  readonly net_fees_pusd: string;
};

type StatusOptions = Pick<ListOptions, 'account' | 'bot' | 'token' | 'json'>;

type Status = {
  readonly services: readonly ServiceStatus[];
  readonly outcomes: readonly OutcomeCount[];
  readonly books: BooksStatus | null;
  /** Null before its service has started, and where the filters ask for what it does not know. */
  readonly inventory: InventoryStatus | null;
  readonly jobs: readonly JobsStatus[] | null;
  readonly chains: readonly ChainStatus[];
  /** Committed offsets on the log over all partitions; null where Kafka does not answer. */
  readonly log_end: number | null;
  readonly log_error: string | null;
};

const OWNER = 'the services';

export function addStatus(program: Command, context: CommandContext): void {
  withFilters(program.command('status'))
    .description('How far each service is, what came of its input; books, inventory, jobs in sum.')
    .action(async (options: StatusOptions) => {
      const status = await withDatabase(context.env, (database) =>
        readStatus(database, context, options),
      );
      if (options.json === true) printJson(context.terminal, jsonOf(status));
      else context.terminal.out(textOf(status));
    });
}

function jsonOf(status: Status): Status {
  return {
    ...status,
    books: booksJson(status.books),
    inventory: inventoryJson(status.inventory),
    jobs: jobsJson(status.jobs),
  };
}

function booksJson(books: BooksStatus | null): BooksStatus | null {
  if (books === null) return null;
  const realised = shortest(books.realised_pnl_pusd);
  const netFees = shortest(books.net_fees_pusd);
  return { ...books, realised_pnl_pusd: realised, net_fees_pusd: netFees };
}

async function readStatus(
  database: Database,
  context: CommandContext,
  options: StatusOptions,
): Promise<Status> {
  const services = await servicesOf(database);
  const outcomes = await outcomesOf(database);
  const started = (service: string): boolean => services.some((one) => one.service === service);
  const found = {
    services,
    outcomes,
    books: await booksOf(database, started, options),
    inventory: await inventoryStatus(database, started, options),
    jobs: await jobsStatus(database, started, options),
    chains: await chainStatus(database, started),
  };
  try {
    const end = await withBus(context.env, database, async ({ kafka, config }) => {
      const topic = physicalTopic(config.topicPrefix, TOPICS.ledgerEvents.name);
      const partitions = Array.from({ length: await kafka.partitionsOf(topic) }, (_, at) => at);
      const marks = await Promise.all(
        partitions.map((partition) => kafka.watermarks({ topic, partition })),
      );
      return marks.reduce((sum, { lastStable }) => sum + lastStable, 0);
    });
    return { ...found, log_end: end, log_error: null };
  } catch (error) {
    return { ...found, log_end: null, log_error: reasonOf(error) };
  }
}

async function booksOf(
  database: Database,
  started: (service: string) => boolean,
  { account, bot, token }: StatusOptions,
): Promise<BooksStatus | null> {
  if (!started(PNL.service)) return null;
  const schema = await schemaOf(database, PNL);
  const [row] = await ask(
    database,
    `SELECT count(*) AS books, count(*) FILTER (WHERE position_shares <> 0) AS open,
            count(*) FILTER (WHERE NOT books_complete) AS incomplete,
            coalesce(sum(fills), 0) AS fills, coalesce(sum(quarantined_fills), 0) AS set_aside,
            coalesce(sum(realised_pnl_pusd), 0)::numeric(38,6) AS realised,
            coalesce(sum(net_fees_pusd), 0)::numeric(38,6) AS net_fees
       FROM "${schema}".positions
      WHERE ($1::text IS NULL OR account = $1) AND ($2::text IS NULL OR trading_bot_id = $2)
        AND ($3::text IS NULL OR token_id = $3)`,
    [account ?? null, bot ?? null, token ?? null],
    PNL.service,
  );
  return {
    books: Number(row?.['books']),
    open: Number(row?.['open']),
    incomplete: Number(row?.['incomplete']),
    fills: Number(row?.['fills']),
    set_aside: Number(row?.['set_aside']),
    realised_pnl_pusd: row?.['realised'] ?? '',
    net_fees_pusd: row?.['net_fees'] ?? '',
  };
}

/** The fold over all partitions is of the version of the books that it stands beside. */
async function servicesOf(database: Database): Promise<ServiceStatus[]> {
  const rows = await ask(
    database,
    `SELECT p.processor, p.version, count(*) AS partitions, sum(p.next_offset) AS position,
            coalesce(a.version = p.version, false) AS active,
            json_agg(json_build_object('partition', p.partition, 'because', p.halted)
                     ORDER BY p.partition) FILTER (WHERE p.halted IS NOT NULL) AS halted
       FROM stream.partition p LEFT JOIN stream.active_version a
         ON a.processor = CASE p.processor WHEN $1 THEN $2 ELSE p.processor END
      GROUP BY p.processor, p.version, a.version ORDER BY p.processor, p.version`,
    [WINDOWS_PROCESSOR, PNL.service],
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
      ? `The log: Kafka does not answer (${status.log_error ?? ''}).\n`
      : `The log: ${status.log_end} offsets on ${TOPICS.ledgerEvents.name}.\n`;
  const halted = status.services.flatMap(({ service, halted: stopped }) =>
    stopped.map(
      ({ partition, because }) => `${service} partition ${partition} stands still: ${because}\n`,
    ),
  );
  const services = tableText(
    [
      { title: 'service', text: (row) => row.service },
      { title: 'version', text: (row) => versionText(row.version, row.active) },
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
  const isActive = ({ service, version }: OutcomeCount) =>
    status.services.some((one) => one.service === service && one.version === version && one.active);
  const outcomes = tableText(
    [
      { title: 'service', text: (row) => row.service },
      { title: 'version', text: (row) => versionText(row.version, isActive(row)) },
      { title: 'outcome', text: (row) => row.outcome },
      { title: 'because', text: (row) => row.because },
      { title: 'records', text: (row) => String(row.count), right: true },
      { title: 'share', text: (row) => shareOf(row, status.outcomes), right: true },
    ],
    status.outcomes,
    'Nothing was read yet.',
  );
  const stopped = halted.length === 0 ? '' : `\n${halted.join('')}`;
  const refused = status.outcomes.filter(({ outcome }) => outcome === 'quarantined');
  const legend = legendOf(refused.map(({ because }) => because));
  const sums = booksText(status.books) + inventoryText(status.inventory) + jobsText(status.jobs);
  return `${log}${chainText(status.chains)}\n${services}\n${outcomes}\n${sums}${stopped}${legend}`;
}

function versionText(version: number, active: boolean): string {
  return `${version}${active ? '' : ' (not active)'}`;
}

/** Of what this version of the service has read. */
function shareOf({ service, version, count }: OutcomeCount, all: readonly OutcomeCount[]): string {
  const own = all.filter((other) => other.service === service && other.version === version);
  return percentText(
    count,
    own.reduce((sum, other) => sum + other.count, 0),
  );
}

function booksText(books: BooksStatus | null): string {
  if (books === null) return 'No books yet.\n';
  const columns = [
    ['books', String(books.books)],
    ['open', String(books.open)],
    ['incomplete', String(books.incomplete)],
    ['fills', String(books.fills)],
    ['set aside', String(books.set_aside)],
    ['realised pUSD', books.realised_pnl_pusd],
    ['net fees pUSD', books.net_fees_pusd],
  ].map(([title = '', text = '']) => ({ title, text: () => text, right: true }));
  return tableText(columns, [books], '');
}
