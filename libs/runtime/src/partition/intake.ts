/**
 * Intake: fetched batches are decoded, what they need is loaded, and they are folded, one batch of
 * a session after another. Decoding and folding never wait; everything that is awaited comes first.
 * An event that reads the ledger ends a batch before its time: what stands before it is folded and
 * committed, and it is folded alone.
 */

import type pg from 'pg';
import { HISTORY_ROUNDS_MAX, type Processor } from '@polytraders/stream';
import { bugIn, isHalt, RuntimeError } from '../errors.ts';
import { databaseError } from '../postgres/database.ts';
import { type Store } from '../postgres/store.ts';
import { regain } from '../source/regain.ts';
import { writtenAt } from './lateness.ts';
import { requireFollows, type Source, type SourceBatch, type Standing } from '../source/source.ts';
import { type Folder, type FoldInput, isPoison } from './fold.ts';
import { type Ownership, type SlotOf } from './ownership.ts';
import { type Session } from './session.ts';
import { doubling, notTwice, pause } from './signal.ts';

export type IntakeConfig<Event, Entity, Entry extends object, Raw extends { offset: number }> = {
  readonly processor: Processor<Event, Entity, Entry>;
  readonly source: Source<Event, Raw>;
  readonly store: Store<Entity, Entry>;
  readonly database: pg.Pool;
  readonly fold: Folder<Event, Entity>;
  readonly ownership: Ownership<Entity>;
  readonly slotOf: SlotOf<Entity, Entry>;
  readonly assign: (partition: number, offset: number) => void;
  readonly stopping: AbortSignal;
  readonly onOutage: (error: Error) => void;
};

export type Intake<Raw> = {
  readonly onBatch: (batch: SourceBatch<Raw>) => Promise<void>;
  /** The reader lost its place: is this still the log that was read? */
  readonly reverify: (partition: number, error: Error) => Promise<void>;
  /** Looks at every partition again, also at those where nothing comes. */
  readonly audit: () => Promise<void>;
};

const backoff = { firstMs: 100, maxMs: 5_000 } as const;
const failedPauseMs = 1_000;
const nothing: ReadonlyMap<string, never> = new Map<string, never>();

export function createIntake<Event, Entity, Entry extends object, Raw extends { offset: number }>(
  config: IntakeConfig<Event, Entity, Entry, Raw>,
): Intake<Raw> {
  const { source, ownership, stopping } = config;
  const { isVolatile, isGlobal } = config.processor.storage;
  const { history } = config.processor;

  async function take(session: Session<Entity>, batch: SourceBatch<Raw>): Promise<void> {
    if (!session.alive) return;
    const { slot } = config.slotOf(batch.partition);
    session.waiting = true;
    await slot.room();
    session.waiting = false;
    if (session.alive) requireFollows(batch, session.next);
    session.firstWrittenAt ??= writtenAt(source, batch.records);
    await source.prepare(batch.records, stopping);
    const inputs = decodeNew(session, batch);
    slot.trim(session);
    for (const piece of piecesOf(batch, inputs)) {
      if (!(await takePiece(session, piece))) return;
    }
  }

  /** False where the session was lost on the way. */
  async function takePiece(
    session: Session<Entity>,
    { batch, inputs, readsLedger }: Piece,
  ): Promise<boolean> {
    const { slot } = config.slotOf(batch.partition);
    if (readsLedger) {
      await slot.settled(session);
      // A slot that is stopped has committed nothing more: the lines are not all there.
      if (session.committed < session.next) return false;
    }
    const loaded = readsLedger
      ? await loadWithHistory(session, inputs)
      : await loadMissing(session, inputs);
    if (!session.alive || stopping.aborted || loaded === null) return false;
    const part = slot.partOf(session);
    try {
      config.fold(session, part, inputs, loaded);
    } catch (cause) {
      ownership.halt(batch.partition, cause as RuntimeError);
      return false;
    }
    advance(session, batch);
    part.to = session.next;
    part.batches += 1;
    part.lastOffset = session.lastOffset;
    part.lastHash = session.lastHash;
    slot.kick();
    return true;
  }

  type Piece = {
    readonly batch: Pick<SourceBatch<Raw>, 'partition' | 'records' | 'nextOffset'>;
    readonly inputs: readonly FoldInput<Event>[];
    readonly readsLedger: boolean;
  };

  /** The batch as it is, or cut before and after each event that reads the ledger. */
  function piecesOf(
    batch: SourceBatch<Raw>,
    inputs: readonly FoldInput<Event>[],
  ): readonly Piece[] {
    const isReader = ({ decoded }: FoldInput<Event>): boolean =>
      history !== undefined && !isPoison(decoded) && history.isReadBy(decoded);
    if (!inputs.some(isReader)) return [{ batch, inputs, readsLedger: false }];
    const { partition, nextOffset } = batch;
    const readers = inputs.filter(isReader).map(({ offset }) => offset);
    const cuts = readers.flatMap((offset) => [offset, offset + 1]);
    const ends = [...cuts.filter((offset) => offset < nextOffset), nextOffset];
    let from = 0;
    return [...new Set(ends)].flatMap((to): readonly Piece[] => {
      const isInside = ({ offset }: { readonly offset: number }): boolean =>
        offset >= from && offset < to;
      const own = inputs.filter(isInside);
      const records = batch.records.filter(isInside);
      from = to;
      if (records.length === 0 && to !== nextOffset) return [];
      const readsLedger = own.some(isReader);
      return [{ batch: { partition, records, nextOffset: to }, inputs: own, readsLedger }];
    });
  }

  /** The batch after one that failed must not be folded: the session goes, a new one begins. */
  async function startAnew(session: Session<Entity>, cause: Error): Promise<void> {
    if (!session.alive || stopping.aborted) return;
    const bug = bugIn(cause);
    if (bug !== null) {
      ownership.halt(session.partition, bug);
      return;
    }
    config.onOutage(cause);
    ownership.drop(session.partition, 'a batch failed');
    await pause(failedPauseMs, stopping);
    ownership.reacquire(session.partition);
  }

  function advance(
    session: Session<Entity>,
    batch: Pick<SourceBatch<Raw>, 'records' | 'nextOffset'>,
  ): void {
    const last = batch.records.at(-1);
    if (last !== undefined && last.offset >= session.next) {
      session.lastOffset = last.offset;
      session.lastHash = source.hashOf(last);
    }
    session.next = Math.max(session.next, batch.nextOffset);
  }

  function decodeNew(session: Session<Entity>, batch: SourceBatch<Raw>): FoldInput<Event>[] {
    const inputs: FoldInput<Event>[] = [];
    for (const record of batch.records) {
      if (record.offset < session.next) continue;
      const raw = (): Buffer | null => source.rawBytes(record);
      inputs.push({ offset: record.offset, decoded: source.decode(record), raw });
    }
    return inputs;
  }

  function mustLoad(session: Session<Entity>, key: string): boolean {
    if (isVolatile?.(key) === true) return true;
    if (session.cache.has(key)) return false;
    return !session.complete || isGlobal?.(key) === true;
  }

  /** Loads what `step` will look up. Null where the session was lost while waiting. */
  async function loadMissing(
    session: Session<Entity>,
    inputs: readonly FoldInput<Event>[],
  ): Promise<ReadonlyMap<string, Entity> | null> {
    if (session.complete && isVolatile === undefined && isGlobal === undefined) return nothing;
    const { keys, keysThen } = config.processor;
    const first = await load(session, missingOf(session, inputs, keys));
    if (first === null || keysThen === undefined) return first;
    const lookup = { get: (key: string) => first.get(key) ?? session.cache.get(key) };
    const then = missingOf(session, inputs, (event, at) => keysThen(event, lookup, at));
    for (const key of first.keys()) then.delete(key);
    const second = await load(session, then);
    if (second === null) return null;
    return second.size === 0 ? first : new Map([...first, ...second]);
  }

  /** What one event needs that reads the ledger: keys and lines, until nothing new is named. */
  async function loadWithHistory(
    session: Session<Entity>,
    inputs: readonly FoldInput<Event>[],
  ): Promise<ReadonlyMap<string, Entity> | null> {
    const found = new Map<string, Entity>();
    const lookup = { get: (key: string) => found.get(key) ?? session.cache.get(key) };
    const { keys, keysThen } = config.processor;
    const asked = new Set<string>();
    for (let round = 0; round <= HISTORY_ROUNDS_MAX; round += 1) {
      const named = inputs.flatMap(({ decoded }) => {
        if (isPoison(decoded)) return [];
        if (round === 0) return keys(decoded, session.partition);
        return keysThen?.(decoded, lookup, session.partition) ?? [];
      });
      const fresh = [...new Set(named)].filter((key) => !asked.has(key));
      if (fresh.length === 0 && round > 0) return found;
      for (const key of fresh) asked.add(key);
      const rows = new Set(fresh.filter((key) => history?.rangeOf(key) === null));
      const missing = [...rows].filter((key) => mustLoad(session, key));
      const loaded = await load(session, new Set(missing));
      if (loaded === null) return null;
      for (const [key, entity] of loaded) found.set(key, entity);
      for (const key of fresh) {
        if (rows.has(key)) continue;
        const entity = await loadHistory(session, key);
        if (entity === null) return null;
        found.set(key, entity);
      }
    }
    const message =
      `Invariant: what an event reads of the ledger is named in ${HISTORY_ROUNDS_MAX} rounds; ` +
      `${config.processor.id} goes on naming more. The partition stops there; nothing is lost.`;
    const error = new RuntimeError('STEP_FAILED', message, { retryable: false });
    ownership.halt(session.partition, error);
    return null;
  }

  /** The entity that is lines of the ledger. Null where the session was lost while waiting. */
  async function loadHistory(session: Session<Entity>, key: string): Promise<Entity | null> {
    const range = history?.rangeOf(key) ?? null;
    if (history === undefined || range === null) return null;
    const { partition, committed } = session;
    return await patiently(session, async () =>
      history.revive(await config.store.history(config.database, partition, range, committed)),
    );
  }

  function missingOf(
    session: Session<Entity>,
    inputs: readonly FoldInput<Event>[],
    keysOf: (event: Event, partition: number) => readonly string[],
  ): Set<string> {
    const missing = new Set<string>();
    for (const { decoded } of inputs) {
      if (isPoison(decoded)) continue;
      for (const key of keysOf(decoded, session.partition)) {
        if (mustLoad(session, key)) missing.add(key);
      }
    }
    return missing;
  }

  async function load(
    session: Session<Entity>,
    missing: ReadonlySet<string>,
  ): Promise<ReadonlyMap<string, Entity> | null> {
    if (missing.size === 0) return nothing;
    return await patiently(session, async () =>
      keep(session, await config.store.load(config.database, [...missing])),
    );
  }

  /** Asks Postgres until it answers. Null where the session was lost while waiting. */
  async function patiently<Answer>(
    session: Session<Entity>,
    ask: () => Promise<Answer>,
  ): Promise<Answer | null> {
    for (const delay of doubling(backoff.firstMs, backoff.maxMs)) {
      if (!session.alive || stopping.aborted) break;
      try {
        return await ask();
      } catch (cause) {
        const error = databaseError(cause);
        if (isHalt(error)) {
          if (session.alive) ownership.halt(session.partition, error);
          return null;
        }
        config.onOutage(error);
        await pause(delay, stopping);
      }
    }
    return null;
  }

  /** Puts loaded entities into the cache; answers those that only hold for this batch. */
  function keep(
    session: Session<Entity>,
    loaded: ReadonlyMap<string, Entity>,
  ): ReadonlyMap<string, Entity> {
    const volatile = new Map<string, Entity>();
    for (const [key, entity] of loaded) {
      if (isVolatile?.(key) === true) volatile.set(key, entity);
      else if (!session.cache.has(key)) session.cache.set(key, entity);
    }
    return volatile;
  }

  async function reverify(partition: number, error: Error): Promise<void> {
    const session = ownership.session(partition);
    if (session === undefined) return;
    const regaining = {
      verify: () => source.verify(partition, standingOf(session)),
      session,
      resume: () => config.assign(partition, session.next),
      stopsAt: isAnotherLog,
      halt: (why: RuntimeError) => ownership.halt(partition, why),
      onOutage: config.onOutage,
      stopping,
    };
    await regain(regaining, error);
  }

  async function auditOne(session: Session<Entity>): Promise<void> {
    try {
      const end = await source.verify(session.partition, standingOf(session));
      // The reader's own word is as old as its last batch, which may wait behind another.
      if (end > session.highWatermark) session.highWatermark = end;
    } catch (cause) {
      if (!session.alive || stopping.aborted) return;
      if (cause instanceof RuntimeError && isAnotherLog(cause)) {
        ownership.halt(session.partition, cause);
      } else config.onOutage(cause as Error);
    }
  }

  async function audit(): Promise<void> {
    for (const session of ownership.sessions()) await auditOne(session);
  }

  return {
    // Also where a rebalance had the reader start anew, a session's batches never overlap.
    onBatch: (batch) => {
      const session = ownership.session(batch.partition);
      if (session === undefined) return Promise.resolve();
      session.highWatermark = batch.highWatermark;
      session.turn = session.turn
        .then(() => take(session, batch))
        .catch((cause: unknown) => startAnew(session, cause as Error));
      return session.turn;
    },
    reverify,
    // A silent broker may keep one waiting for longer than the time between two.
    audit: notTwice(audit),
  };
}

/** Whether a look at the log found what no waiting mends: it was cut, made anew, or is gone. */
function isAnotherLog(error: RuntimeError): boolean {
  return isHalt(error) || error.code === 'KAFKA_TOPIC_GONE';
}

function standingOf(session: Session<unknown>): Standing {
  const { next, lastOffset, lastHash } = session;
  return { nextOffset: next, lastOffset, lastHash };
}
