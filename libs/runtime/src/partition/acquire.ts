/**
 * Taking over a partition, in the order that makes it safe: bump the epoch and put our publisher
 * id into the row; check that the log is still the log; fence the previous owner's publisher;
 * only then read how far was published; publish what is missing; go on from `next_offset`.
 */

import type pg from 'pg';
import { RuntimeError } from '../errors.ts';
import { databaseError } from '../postgres/database.ts';
import { type Store } from '../postgres/store.ts';
import { type Source } from '../source/source.ts';
import { chainStart } from './fold.ts';
import { type Emitter, type Publisher } from './publisher.ts';
import { newSession, type Session, type SessionStart } from './session.ts';

export type AcquireContext<Entity, Entry> = {
  readonly processor: string;
  readonly version: number;
  readonly output: string;
  readonly workerId: string;
  readonly publisherId: string | null;
  readonly database: pg.Pool;
  readonly store: Store<Entity, Entry>;
  readonly verify: Source<never, never>['verify'];
  readonly topic: string;
  readonly fence: (transactionalId: string) => Promise<void>;
  /** Null where nothing is published: a rebuild, or mode shadow_only. */
  readonly publisher: Publisher | null;
  readonly emitter: Emitter<Entry> | null;
};

const republishEntries = 2_000;

/**
 * Claims the row of a partition. The previous publisher id tells whom to fence; it stays in the
 * row until that is done, or an owner that dies in between would leave a publisher unfenced.
 */
export async function claim<Entity, Entry>(
  context: AcquireContext<Entity, Entry>,
  partition: number,
): Promise<SessionStart & { readonly previousPublisher: string | null; readonly isLost: boolean }> {
  const place = [context.processor, context.version, context.topic, partition];
  const client = await context.database.connect().catch((cause: unknown) => {
    throw databaseError(cause);
  });
  try {
    await client.query('BEGIN');
    await client.query(
      'INSERT INTO stream.partition (processor, version, topic, partition, chain_hash) VALUES ' +
        `($1, $2, $3, $4, '\\x${chainStart.toString('hex')}') ` +
        'ON CONFLICT DO NOTHING',
      place,
    );
    const before = await client.query<{ publisher_id: string | null }>(
      'SELECT publisher_id FROM stream.partition WHERE processor = $1 AND version = $2 AND ' +
        'topic = $3 AND partition = $4 FOR UPDATE',
      place,
    );
    const after = await client.query<Record<string, string | null>>(
      'UPDATE stream.partition SET epoch = epoch + 1, worker_id = $5, acquired_at = now() ' +
        'WHERE processor = $1 AND version = $2 AND topic = $3 AND partition = $4 ' +
        'RETURNING epoch, next_offset, last_offset, last_hash, chain_hash',
      [...place, context.workerId],
    );
    const row = after.rows[0] ?? {};
    // Under the row's lock: an owner who comes after us may write entries as soon as it is free.
    const isLost =
      Number(row['next_offset']) === 0 && (await context.store.hasEntries(client, partition));
    await client.query('COMMIT');
    const lastHash = row['last_hash'] ?? null;
    return {
      partition,
      epoch: Number(row['epoch']),
      nextOffset: Number(row['next_offset']),
      lastOffset: row['last_offset'] === null ? null : Number(row['last_offset']),
      lastHash: lastHash === null ? null : Buffer.from(lastHash.slice(2), 'hex'),
      chainHash: Buffer.from((row['chain_hash'] ?? '').slice(2), 'hex'),
      previousPublisher: before.rows[0]?.publisher_id ?? null,
      isLost,
    };
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw databaseError(cause);
  } finally {
    client.release();
  }
}

/** The whole of ACQUIRE. Throws LOG_… and PROGRESS_LOST where the partition must not go on. */
export async function acquire<Entity, Entry>(
  context: AcquireContext<Entity, Entry>,
  partition: number,
): Promise<Session<Entity>> {
  const start = await claim(context, partition);
  try {
    if (start.isLost) {
      throw new RuntimeError(
        'PROGRESS_LOST',
        `The ledger of ${context.processor} v${context.version} has entries for partition ` +
          `${partition}, but its progress row ` +
          'says that nothing was read. Restore stream.partition from the same backup as the ' +
          'ledger; nothing was written.',
        { retryable: false },
      );
    }
    await context.verify(partition, start);
    const session = newSession<Entity>(start);
    if (start.nextOffset > 0) {
      for (const known of await context.store.identities(context.database, partition))
        session.seen.restore(known.id, known.content);
    }
    if (context.publisher !== null)
      await takeOverOutput(context, context.publisher, session, start.previousPublisher);
    await noteHalt(context, session.partition, session.epoch, null);
    return session;
  } catch (cause) {
    const error = databaseErrorOrSame(cause);
    if (isHalt(error))
      await noteHalt(context, partition, start.epoch, `${error.code}: ${error.message}`).catch(
        () => undefined,
      );
    throw error;
  }
}

/** Whether a partition stops at this error. Kafka's own are waited out, however they end. */
export function isHalt(error: RuntimeError): boolean {
  return !error.retryable && !error.code.startsWith('KAFKA_');
}

/**
 * Says in the row that nothing of ours is in flight for the partition, so that its next owner need
 * not fence us, and our other partitions go on undisturbed. Only after the session was dropped.
 */
export async function release<Entity, Entry>(
  context: AcquireContext<Entity, Entry>,
  session: Session<Entity>,
): Promise<void> {
  if (context.publisherId === null) return;
  await context.database.query(
    'UPDATE stream.partition SET publisher_id = NULL WHERE processor = $1 AND version = $2 ' +
      'AND topic = $3 AND partition = $4 AND epoch = $5 AND publisher_id = $6',
    [
      context.processor,
      context.version,
      context.topic,
      session.partition,
      session.epoch,
      context.publisherId,
    ],
  );
}

/** Says in the row why a partition stands still, for `polytraders status`. */
export async function noteHalt<Entity, Entry>(
  context: AcquireContext<Entity, Entry>,
  partition: number,
  epoch: number,
  reason: string | null,
): Promise<void> {
  await context.database.query(
    'UPDATE stream.partition SET halted = $6 WHERE processor = $1 AND version = $2 AND topic = ' +
      '$3 AND partition = $4 AND epoch = $5 ' +
      'AND halted IS DISTINCT FROM $6',
    [context.processor, context.version, context.topic, partition, epoch, reason],
  );
}

async function takeOverOutput<Entity, Entry>(
  context: AcquireContext<Entity, Entry>,
  publisher: Publisher,
  session: Session<Entity>,
  previous: string | null,
): Promise<void> {
  if (previous !== null && previous !== context.publisherId) await context.fence(previous);
  await signAsPublisher(context, session);
  session.publishedTo = await publishedTo(context, publisher, session.partition);
  session.recordedTo = session.publishedTo;
  await republish(context, publisher, session);
}

/** From here on whoever comes next must fence us: said before anything is published. */
async function signAsPublisher<Entity, Entry>(
  context: AcquireContext<Entity, Entry>,
  session: Session<Entity>,
): Promise<void> {
  const signed = await context.database.query(
    'UPDATE stream.partition SET publisher_id = $6 WHERE processor = $1 AND version = $2 ' +
      'AND topic = $3 AND partition = $4 AND epoch = $5',
    [
      context.processor,
      context.version,
      context.topic,
      session.partition,
      session.epoch,
      context.publisherId,
    ],
  );
  if (signed.rowCount === 1) return;
  throw new RuntimeError(
    'FENCED',
    `Another worker took partition ${session.partition} of ${context.topic} while it was acquired.`,
    { retryable: true },
  );
}

/** How far the output is, after the start mark was set where there was none. */
export async function publishedTo<Entity, Entry>(
  context: AcquireContext<Entity, Entry>,
  publisher: Publisher,
  partition: number,
): Promise<number> {
  const place = [context.output, context.topic, partition];
  await context.database.query(
    'INSERT INTO stream.output (output, topic, partition) VALUES ($1, $2, $3) ON CONFLICT DO ' +
      'NOTHING',
    place,
  );
  const answer = await context.database.query<{
    state: string;
    start_offset: string;
    published_to: string;
  }>(
    'SELECT state, start_offset, published_to FROM stream.output WHERE output = $1 AND topic = ' +
      '$2 AND partition = $3',
    place,
  );
  const row = answer.rows[0] ?? { state: 'starting', start_offset: '0', published_to: '0' };
  const found = await progressOf(publisher, partition, row.state === 'started');
  if (row.state === 'starting') {
    if (found === null) await publisher.markStart(partition, Number(row.start_offset));
    await context.database.query(
      `UPDATE stream.output SET state = 'started' WHERE output = $1 AND topic = $2 AND ` +
        `partition = $3`,
      place,
    );
    return found ?? Number(row.start_offset);
  }
  if (found === null || found < Number(row.published_to)) {
    throw new RuntimeError(
      'PROGRESS_LOST',
      `Reports of ${context.output} were published up to offset ${row.published_to} of ` +
        `partition ${partition}, but the progress ` +
        `topic says ${found === null ? 'nothing' : found}. To publish again by guess would ` +
        'send reports twice: restore the ' +
        'progress topic; nothing was written.',
      { retryable: false },
    );
  }
  return found;
}

/** A progress topic that is gone says as little as an empty one, once something was published. */
async function progressOf(
  publisher: Publisher,
  partition: number,
  isStarted: boolean,
): Promise<number | null> {
  try {
    return await publisher.progress(partition);
  } catch (cause) {
    if (isStarted && (cause as RuntimeError).code === 'KAFKA_TOPIC_GONE') return null;
    throw cause;
  }
}

/** Publishes ledger entries from the output's progress up to what is committed. */
export async function republish<Entity, Entry>(
  context: AcquireContext<Entity, Entry>,
  publisher: Publisher,
  session: Session<Entity>,
): Promise<void> {
  const emitter = context.emitter ?? (() => []);
  let limit: number = republishEntries;
  while (session.publishedTo < session.committed) {
    const entries = await context.store.entries(
      context.database,
      session.partition,
      session.publishedTo,
      session.committed,
      limit,
    );
    const whole = entries.length < limit;
    // A cut between lines of one offset would lose the rest: leave the last offset for the next
    // turn.
    const last = entries.at(-1)?.offset ?? 0;
    const batch = whole ? entries : entries.filter((one) => one.offset < last);
    if (!whole && batch.length === 0) {
      limit *= 2;
      continue;
    }
    const to = whole ? session.committed : last;
    const outputs = batch.flatMap(({ offset, entry }) =>
      emitter(session.partition, offset, entry).map((record) => ({ offset, record })),
    );
    const { partition } = session;
    if ((await publisher.publish([{ partition, outputs, to }])) > 0) session.recordedTo = to;
    session.publishedTo = to;
    limit = republishEntries;
  }
}

function databaseErrorOrSame(cause: unknown): RuntimeError {
  return cause instanceof RuntimeError ? cause : databaseError(cause);
}
