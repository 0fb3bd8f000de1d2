/**
 * Asking something of the ledger: a LedgerCommand on polytraders.ledger.commands, which
 * fill-ingestor reads and judges. A command is known by its id, and the id derives from what is
 * asked: who asks the same again, having lost the answer, asks nothing new.
 */

import { createHash } from 'node:crypto';
import { type LedgerCommand, partitionOf, TOPICS } from '@polytraders/contracts';
import { ask, INGEST, INGEST_SCHEMA } from './rows.ts';
import { scanTopic } from './scan-topic.ts';
import { type Bus, type Database } from './servers.ts';
import { CliError } from './terminal.ts';

/** What is asked. Amounts among the arguments are decimal texts. */
export type Asked = {
  readonly command:
    'RESERVE' | 'CLAIM_JOB' | 'FAIL_JOB' | 'RELEASE_FILL' | 'REVERSE_FILL' | 'APPROVE_WINDOW';
  /** Null where it concerns all accounts. */
  readonly account: string | null;
  /** What makes it the same when it is asked again. */
  readonly identity: readonly string[];
  readonly arguments: Readonly<Record<string, string | readonly string[]>>;
  /** The fact that it is about: its reservation or job. */
  readonly correlationId: string;
  readonly proposedBy: string;
  /** Who has reviewed it, where somebody must. */
  readonly approvedBy?: string;
  readonly reason: string;
};

const PRODUCER = 'polytraders-cli/1';
/** The key of a command that concerns all accounts. */
const ALL = '*';

/** The record of it. `at` is the time, in microseconds since 1970. */
export function commandRecord(asked: Asked, at: number): LedgerCommand {
  return {
    event_id: commandId(asked),
    correlation_id: asked.correlationId,
    causation_id: null,
    producer: PRODUCER,
    effective_at: at,
    recorded_at: at,
    command: asked.command,
    account: asked.account,
    arguments: JSON.stringify(asked.arguments),
    proposed_by: asked.proposedBy,
    approved_by: asked.approvedBy ?? null,
    reason: asked.reason,
  };
}

export function commandId({ command, identity }: Asked): string {
  return `cmd_${sha256(toldApart([command, ...identity])).slice(0, 32)}`;
}

/**
 * One text of many, another one for others. Where a part has the separator in it, as somebody's
 * name or reason may, the parts are quoted: such a text begins with a bracket, and no command does.
 */
function toldApart(parts: readonly string[]): string {
  return parts.some((part) => part.includes('|')) ? JSON.stringify(parts) : parts.join('|');
}

/** Whether a command that stands on the topic asks the same. When it was asked does not matter. */
export function asksTheSame(command: LedgerCommand, asked: Asked): boolean {
  const again = commandRecord(asked, command.effective_at);
  return (
    command.command === again.command &&
    command.account === again.account &&
    command.arguments === again.arguments &&
    command.reason === again.reason
  );
}

export type Written = {
  readonly commandId: string;
  /** False where it stood on the topic already. */
  readonly isNew: boolean;
  /** When it was written, in microseconds since 1970. */
  readonly at: number;
  /** Of the record's bytes: by these the quarantine knows it. */
  readonly sha256: string;
};

/**
 * Writes it, unless it stands on the topic; `anew` writes it all the same, to be judged once more.
 * Throws a sentence where something else stands there under its id.
 */
export async function writeCommand(bus: Bus, asked: Asked, anew = false): Promise<Written> {
  const { kafka, book, config } = bus;
  const physical = config.topicPrefix + TOPICS.commands.name;
  const key = asked.account ?? ALL;
  const partition = partitionOf(key, await kafka.partitionsOf(physical));
  const earlier = await earlierOne(bus, asked, partition);
  if (earlier !== null && !anew) return earlier;
  await book.announce(['LedgerCommand']);
  const record = commandRecord(asked, Date.now() * 1_000);
  const value = book.encode('LedgerCommand', record);
  await kafka.send([{ topic: physical, partition, key, value }]);
  const { event_id: id, recorded_at: at } = record;
  return { commandId: id, isNew: true, at, sha256: sha256(value) };
}

async function earlierOne(bus: Bus, asked: Asked, partition: number): Promise<Written | null> {
  const id = commandId(asked);
  const found: { command: LedgerCommand; value: Buffer }[] = [];
  await scanTopic(
    bus,
    TOPICS.commands.name,
    ({ record, content }) => {
      if (!('type' in content) || content.type !== 'LedgerCommand' || record.value === null) return;
      const command = content.value as LedgerCommand;
      if (command.event_id === id) found.push({ command, value: record.value });
    },
    [partition],
  );
  const [first] = found;
  if (first === undefined) return null;
  if (!asksTheSame(first.command, asked)) {
    throw new CliError(
      `Expected an id of its own, found that ${first.command.proposed_by} has asked for ` +
        `something else under ${asked.identity[0] ?? id}: take another id.`,
    );
  }
  const { recorded_at: at } = first.command;
  return { commandId: id, isNew: false, at, sha256: sha256(first.value) };
}

/**
 * Writes a command and waits for its answer. Two who ask the same at the same moment write it
 * twice; the second record is refused as a repetition, and its answer is that of the first.
 */
export async function answered<Answer>(
  write: () => Promise<Written>,
  wait: (written: Written) => Promise<Answer | null>,
  isRefusal: (answer: Answer) => boolean,
): Promise<{ readonly written: Written; readonly answer: Answer | null }> {
  const written = await write();
  const answer = await wait(written);
  if (answer === null || !isRefusal(answer) || !written.isNew) return { written, answer };
  const first = await write();
  if (first.sha256 === written.sha256) return { written, answer };
  return { written: first, answer: await wait(first) };
}

export type RefusedCommand = { readonly reason_code: string; readonly detail: string };

/** An hour: what the clocks of two machines may differ in. */
const CLOCKS_US = 3_600_000_000;

/** Why fill-ingestor has refused the command; null where it has not (yet). */
export async function refusalOf(
  database: Database,
  written: Written,
): Promise<RefusedCommand | null> {
  const [row] = await ask(
    database,
    `SELECT reason_code, detail FROM "${INGEST_SCHEMA}".quarantine
      WHERE recorded_at >= to_timestamp(0) + $1::bigint * interval '1 microsecond'
        AND raw_sha256 = $2 LIMIT 1`,
    [written.at - CLOCKS_US, written.sha256],
    INGEST.service,
  );
  if (row === undefined) return null;
  return { reason_code: row['reason_code'] ?? '', detail: row['detail'] ?? '' };
}

/** Throws where fill-ingestor, which reads commands, has never started here. */
export async function expectIngestor(database: Database): Promise<void> {
  await ask(database, `SELECT 1 FROM "${INGEST_SCHEMA}".quarantine LIMIT 0`, [], INGEST.service);
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
