/**
 * Taking over a partition, in the order that makes it safe: bump the epoch; check that the log is
 * still the log; fence whoever published before and put our publisher id in its place; only then
 * read how far was published; publish what is missing; go on from `next_offset`.
 */

import type pg from 'pg';
import { isHalt, RuntimeError } from '../errors.ts';
import { databaseError, endFrozenSenders } from '../postgres/database.ts';
import { type Store } from '../postgres/store.ts';
import { type Source } from '../source/source.ts';
import { chainStart } from './fold.ts';
import { type Emitter, type Publisher } from './publisher.ts';
import { newSession, type Session, type SessionStart } from './session.ts';

export type AcquireContext<Entity, Entry> = {
  readonly processor: string;
  readonly version: number;
  /** Of which processor the version must be the active one, to publish. */
  readonly activeWith: string;
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

/** Claims the row of a partition: from here on nobody else can write for it. */
export async function claim<Entity, Entry>(
  context: AcquireContext<Entity, Entry>,
  partition: number,
): Promise<SessionStart & { readonly isLost: boolean }> {
  const place = [context.processor, context.version, context.topic, partition];
  const client = await context.database.connect().catch((cause: unknown) => {
    throw databaseError(cause);
  });
  let isBroken = true;
  try {
    await client.query('BEGIN');
    await client.query(
      'INSERT INTO stream.partition (processor, version, topic, partition, chain_hash) VALUES ' +
        `($1, $2, $3, $4, '\\x${chainStart.toString('hex')}') ` +
        'ON CONFLICT DO NOTHING',
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
    const lastEntry = await context.store.lastEntry(client, partition);
    const next = Number(row['next_offset']);
    const isLost =
      (lastEntry !== null && lastEntry >= next) || Number(row['last_offset'] ?? -1) >= next;
    await client.query('COMMIT');
    isBroken = false;
    const lastHash = row['last_hash'] ?? null;
    return {
      partition,
      epoch: Number(row['epoch']),
      nextOffset: Number(row['next_offset']),
      lastOffset: row['last_offset'] === null ? null : Number(row['last_offset']),
      lastHash: lastHash === null ? null : Buffer.from(lastHash.slice(2), 'hex'),
      chainHash: Buffer.from((row['chain_hash'] ?? '').slice(2), 'hex'),
      isLost,
    };
  } catch (cause) {
    const error = databaseError(cause);
    if (error.code === 'DATABASE_CONTENTION') {
      await endFrozenSenders(context.database, `${context.processor}.`);
    }
    throw error;
  } finally {
    // A connection that failed may be dead without knowing: it ends, and its transaction with it.
    client.release(isBroken);
  }
}

/**
 * The whole of ACQUIRE. `alone` gives the publisher to the part that publishes: while the log is
 * looked at, the slot's other partitions go on. Throws LOG_… and PROGRESS_LOST where the partition
 * must not go on.
 */
export async function acquire<Entity, Entry>(
  context: AcquireContext<Entity, Entry>,
  partition: number,
  alone: <T>(task: () => Promise<T>) => Promise<T>,
): Promise<Session<Entity>> {
  const start = await claim(context, partition);
  try {
    if (start.isLost) {
      throw new RuntimeError(
        'PROGRESS_LOST',
        `The ledger of ${context.processor} v${context.version} has entries of partition ` +
          `${partition} at or after offset ${start.nextOffset}, where its progress row says that ` +
          'nothing was read yet. Restore stream.partition from the same backup as the ledger; ' +
          'nothing was written.',
        { retryable: false },
      );
    }
    const { end, broken } = await lookAtLog(context, partition, start);
    const session = newSession<Entity>(start, end);
    if (broken === null && start.nextOffset > 0) {
      for (const known of await context.store.identities(context.database, partition))
        session.seen.restore(known.id, known.content);
    }
    const { publisher } = context;
    if (publisher === null) session.publishedTo = session.committed;
    else {
      await alone(() => takeOverOutput(context, publisher, session)).catch((cause: unknown) => {
        throw broken !== null && isHalt(databaseError(cause)) ? broken : cause;
      });
    }
    if (broken !== null) throw broken;
    await noteHalt(context, session.partition, session.epoch, null);
    return session;
  } catch (cause) {
    const error = databaseError(cause);
    if (isHalt(error))
      await noteHalt(context, partition, start.epoch, `${error.code}: ${error.message}`).catch(
        () => undefined,
      );
    throw error;
  }
}

/**
 * Where the log ends, and why nothing more may be read from it, or null. What is in the ledger is
 * owed all the same: the partition stops once its reports are out.
 */
async function lookAtLog<Entity, Entry>(
  context: AcquireContext<Entity, Entry>,
  partition: number,
  start: SessionStart,
): Promise<{ readonly end: number; readonly broken: RuntimeError | null }> {
  try {
    return { end: await context.verify(partition, start), broken: null };
  } catch (cause) {
    if (cause instanceof RuntimeError && isHalt(cause)) {
      return { end: start.nextOffset, broken: cause };
    }
    throw cause;
  }
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
    'UPDATE stream.output AS o SET publisher_id = NULL WHERE o.output = $1 AND o.topic = $2 AND ' +
      `o.partition = $3 AND o.publisher_id = $7 AND ${isHeld}`,
    [...ownedBy(context, session), context.publisherId],
  );
}

/** Whether the partition is still at this epoch, and its output still signed by us. */
export async function isStillOurs<Entity, Entry>(
  context: AcquireContext<Entity, Entry>,
  session: Session<Entity>,
): Promise<boolean> {
  const answer = await context.database.query(
    'SELECT 1 FROM stream.output AS o WHERE o.output = $1 AND o.topic = $2 AND o.partition = $3 ' +
      `AND o.publisher_id = $7 AND ${isOwned}`,
    [...ownedBy(context, session), context.publisherId],
  );
  return answer.rowCount === 1;
}

/** The partition's row at our epoch, for a row of stream.output as `o`; parameters of `ownedBy`. */
const owned =
  'SELECT 1 FROM stream.partition AS p WHERE p.processor = $4 AND p.version = $5 AND ' +
  'p.topic = o.topic AND p.partition = o.partition AND p.epoch = $6';
const isOwned = `EXISTS (${owned})`;
/** And nobody claims it meanwhile: an update that had to wait would judge by an old snapshot. */
const isHeld = `EXISTS (${owned} FOR SHARE)`;

function ownedBy<Entity, Entry>(
  { output, topic, processor, version }: AcquireContext<Entity, Entry>,
  { partition, epoch }: Session<Entity>,
): readonly unknown[] {
  return [output, topic, partition, processor, version, epoch];
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
): Promise<void> {
  const previous = await previousPublisher(context, session.partition);
  if (previous !== null && previous !== context.publisherId) await context.fence(previous);
  await signAsPublisher(context, session, previous);
  session.publishedTo = await publishedTo(context, publisher, session.partition);
  session.recordedTo = session.publishedTo;
  await republish(context, publisher, session);
}

/**
 * Whom to fence. The row is the output's, not the version's: whoever publishes into a stream meets
 * whoever did before. A version that is not the active one publishes nothing.
 */
async function previousPublisher<Entity, Entry>(
  context: AcquireContext<Entity, Entry>,
  partition: number,
): Promise<string | null> {
  const place = [context.output, context.topic, partition];
  await context.database.query(
    'INSERT INTO stream.output (output, topic, partition) VALUES ($1, $2, $3) ON CONFLICT DO ' +
      'NOTHING',
    place,
  );
  const answer = await context.database.query<{
    publisher_id: string | null;
    active: string | null;
  }>(
    'SELECT publisher_id, (SELECT version FROM stream.active_version WHERE processor = $4) AS ' +
      'active FROM stream.output WHERE output = $1 AND topic = $2 AND partition = $3',
    [...place, context.activeWith],
  );
  const { publisher_id: publisher = null, active = null } = answer.rows[0] ?? {};
  if (active === null || Number(active) === context.version) return publisher;
  throw notActive(context.activeWith, context.version, Number(active));
}

/** Two versions that publish would say everything twice. */
export function notActive(processor: string, version: number, active: number): RuntimeError {
  return new RuntimeError(
    'VERSION_NOT_ACTIVE',
    `Expected version ${active} of ${processor}, which is the active one, to publish; found ` +
      `version ${version}. Build a version with PUBLISH=no, and make it active before it ` +
      'publishes.',
    { retryable: false },
  );
}

/**
 * From here on whoever comes next must fence us: said before anything is published. Whom we fenced
 * must still be the one who stands there, or somebody signed in between.
 */
async function signAsPublisher<Entity, Entry>(
  context: AcquireContext<Entity, Entry>,
  session: Session<Entity>,
  previous: string | null,
): Promise<void> {
  const signed = await context.database.query(
    'UPDATE stream.output AS o SET publisher_id = $7 WHERE o.output = $1 AND o.topic = $2 AND ' +
      `o.partition = $3 AND o.publisher_id IS NOT DISTINCT FROM $8::text AND ${isHeld}`,
    [...ownedBy(context, session), context.publisherId, previous],
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
