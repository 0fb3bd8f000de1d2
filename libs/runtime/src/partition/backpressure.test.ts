/** Rule B17 on a real intake and a real slot; what stands still for Postgres is held up by hand. */

import { setImmediate as settled } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type pg from 'pg';
import { type Processor } from '@polytraders/stream';
import { type Part } from '../postgres/group.ts';
import { type CommitResult, type Store } from '../postgres/store.ts';
import { type Source } from '../source/source.ts';
import { createIntake } from './intake.ts';
import { type Ownership } from './ownership.ts';
import { newSession, type Session } from './session.ts';
import { createSlot, type SlotConfig } from './slot.ts';

type Raw = { readonly offset: number };
type Event = { readonly type: string };

type Limits = { readonly maxInFlight: number; readonly maxPendingRecords: number };

/** Partitions 0, 1 and 2 of a worker whose Postgres answers when `store` is called. */
async function worker(limits: Limits) {
  const start = { lastOffset: null, lastHash: null, chainHash: Buffer.alloc(32), epoch: 1 };
  const sessions = new Map(
    [0, 1, 2].map((partition): [number, Session<object>] => [
      partition,
      newSession<object>({ ...start, partition, nextOffset: 0 }),
    ]),
  );
  const stored: string[] = [];
  let underWay: readonly Part<object>[] = [];
  let answer: ((result: CommitResult) => void) | null = null;
  const slot = createSlot<object, object>({
    connect: () => Promise.resolve({ end: () => Promise.resolve() }),
    store: {
      commit: (_: unknown, parts: readonly Part<object>[]) => {
        underWay = parts;
        return new Promise<CommitResult>((resolve) => {
          answer = resolve;
        });
      },
    },
    publisher: null,
    session: (partition: number) => sessions.get(partition),
    limits: { groupRecords: 1, groupWaitMs: 1, maxEntitiesPerPartition: 10, ...limits },
    events: { onBatch: () => undefined, onCommitted: () => undefined },
  } as unknown as SlotConfig<object, object>);
  const intake = createIntake<Event, object, object, Raw>({
    processor: { storage: {} } as Processor<Event, object, object>,
    source: {
      prepare: () => Promise.resolve(),
      decode: () => ({ type: 'Any' }),
      hashOf: () => Buffer.alloc(8),
      writtenAt: () => null,
    } as unknown as Source<Event, Raw>,
    store: {} as Store<object, object>,
    database: {} as pg.Pool,
    fold: (_: unknown, part: Part<object>, inputs: readonly unknown[]) => {
      part.records += inputs.length;
    },
    ownership: {
      session: (partition: number) => sessions.get(partition),
    } as unknown as Ownership<object>,
    slotOf: () => ({ slot }) as never,
    assign: () => undefined,
    stopping: new AbortController().signal,
    onOutage: () => undefined,
  });
  await slot.start();
  return {
    sessions,
    stored,
    slot,
    /** A batch of so many records arrives; it is not waited for. */
    arrives: (partition: number, from: number, count: number) => {
      const records = Array.from({ length: count }, (_, at) => ({ offset: from + at }));
      const nextOffset = from + count;
      return intake.onBatch({ partition, from, records, nextOffset, highWatermark: nextOffset });
    },
    isStoring: () => answer !== null,
    /** Postgres answers: what was under way is stored. */
    store: async () => {
      const resolve = answer;
      const parts = underWay;
      answer = null;
      for (const { partition, from, to } of parts) stored.push(`${partition} ${from}-${to}`);
      resolve?.({ committed: parts.map(({ partition }) => partition), fenced: [] });
      for (let turn = 0; turn < 5; turn += 1) await settled();
    },
  };
}

const batches = fc.array(
  fc.record({
    partition: fc.integer({ min: 0, max: 2 }),
    count: fc.integer({ min: 1, max: 4 }),
    answers: fc.boolean(),
  }),
  { maxLength: 40 },
);
const bounds = fc.record({
  maxInFlight: fc.integer({ min: 1, max: 6 }),
  maxPendingRecords: fc.integer({ min: 1, max: 12 }),
});

test('beyond max_in_flight a partition waits, and every batch is stored all the same', async () => {
  await fc.assert(
    fc.asyncProperty(batches, bounds, async (arriving, limits) => {
      const one = await worker(limits);
      const ends = [0, 0, 0];
      const taken: Promise<void>[] = [];
      for (const { partition, count, answers } of arriving) {
        taken.push(one.arrives(partition, ends[partition] ?? 0, count));
        ends[partition] = (ends[partition] ?? 0) + count;
        for (let turn = 0; turn < 3; turn += 1) await settled();
        if (answers) await one.store();
      }
      while (one.isStoring()) await one.store();
      await Promise.all(taken);
      for (const [partition, session] of one.sessions) {
        expect([session.committed, session.waiting]).toEqual([ends[partition], false]);
        const own = one.stored.filter((text) => text.startsWith(`${partition} `));
        const joined = own.map((text) => text.slice(2).split('-').map(Number));
        expect(joined.map(([from]) => from)).toEqual(
          [0, ...joined.map(([, to]) => to)].slice(0, joined.length),
        );
      }
      await one.slot.stop();
    }),
    { numRuns: 100 },
  );
});

test('what waits is folded no further than the bound while Postgres stands still', async () => {
  const one = await worker({ maxInFlight: 5, maxPendingRecords: 1_000 });
  const taken = [one.arrives(0, 0, 1)];
  for (let turn = 0; turn < 3; turn += 1) await settled();
  expect(one.isStoring()).toBe(true);
  for (let offset = 0; offset < 20; offset += 1) taken.push(one.arrives(1, offset, 1));
  for (let turn = 0; turn < 20; turn += 1) await settled();
  const [, session] = [...one.sessions.values()];
  expect([session?.next, session?.committed, session?.waiting]).toEqual([5, 0, true]);
  while (one.isStoring()) await one.store();
  await Promise.all(taken);
  expect([session?.next, session?.committed, session?.waiting]).toEqual([20, 20, false]);
  await one.slot.stop();
});
