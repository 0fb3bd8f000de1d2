import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { RuntimeError } from '../errors.ts';
import { type Part } from '../postgres/group.ts';
import { type CommitResult, type Store } from '../postgres/store.ts';
import { type AcquireContext } from './acquire.ts';
import { createOwnership, type Ownership } from './ownership.ts';
import { createSlot, type Slot } from './slot.ts';

type Entity = object;
type Entry = object;

/** Postgres as far as a claim needs it: an epoch a partition. Releases of outputs are noted. */
function fakeDatabase(released: string[]) {
  const epochs = new Map<number, number>();
  const query = (sql: string, values: readonly unknown[] = []) => {
    if (sql.includes('SET publisher_id = NULL')) {
      const [, , partition, , , epoch, publisher] = values.map(String);
      released.push(`partition ${partition} epoch ${epoch} of ${publisher}`);
    }
    const partition = Number(values[3]);
    if (!sql.startsWith('UPDATE stream.partition SET epoch')) return Promise.resolve({ rows: [] });
    const epoch = (epochs.get(partition) ?? 0) + 1;
    epochs.set(partition, epoch);
    const row = { epoch: String(epoch), next_offset: '0', last_offset: null, last_hash: null };
    return Promise.resolve({ rows: [{ ...row, chain_hash: '\\x00' }] });
  };
  return { connect: () => Promise.resolve({ query, release: () => undefined }), query };
}

type Given = {
  readonly verify?: (partition: number) => Promise<number>;
  readonly commit?: (parts: readonly Part<Entity>[]) => Promise<CommitResult>;
};

let slots: Slot<Entity>[] = [];

afterEach(async () => {
  await Promise.all(slots.map((slot) => slot.stop()));
  slots = [];
});

/** One slot and its ownership over a database that only counts epochs. What they do is noted. */
async function given({ verify, commit }: Given = {}) {
  const said: string[] = [];
  const released: string[] = [];
  const context = {
    processor: 'x',
    version: 1,
    topic: 't',
    workerId: 'w',
    publisher: null,
    publisherId: 'x.w.0',
    database: fakeDatabase(released),
    store: { lastEntry: () => Promise.resolve(null) },
    verify: verify ?? (() => Promise.resolve(0)),
  } as unknown as AcquireContext<Entity, Entry>;
  const all = (parts: readonly Part<Entity>[]): Promise<CommitResult> =>
    Promise.resolve({ committed: parts.map((part) => part.partition), fenced: [] });
  const events = {
    onCommitted: () => undefined,
    onBatch: () => undefined,
    onPublished: () => undefined,
    onOutage: () => undefined,
    onHalt: (partition: number, error: RuntimeError) =>
      said.push(`halt ${partition} ${error.code}`),
    onLost: (partition: number, why: string) => {
      said.push(`lost ${partition} ${why}`);
      ownership.drop(partition, why);
    },
  };
  const slot = createSlot<Entity, Entry>({
    connect: () => Promise.resolve({ end: () => Promise.resolve() } as never),
    store: {
      commit: (_: unknown, parts: readonly Part<Entity>[]) => (commit ?? all)(parts),
    } as unknown as Store<Entity, Entry>,
    publisher: null,
    context,
    session: (partition) => ownership.session(partition),
    limits: {
      maxInFlight: 100,
      maxPendingRecords: 1000,
      groupRecords: 10,
      groupWaitMs: 10,
      maxQueuedEntries: 1000,
      maxPublishEntries: 100,
      maxEntitiesPerPartition: 1000,
    },
    events,
  });
  const ownership: Ownership<Entity> = createOwnership<Entity, Entry>({
    slotOf: () => ({ slot, context }),
    stopping: new AbortController().signal,
    reader: () => ({
      assign: (partition, offset, isVerified) =>
        said.push(`assign ${partition}@${offset}${isVerified ? '' : ' unverified'}`),
      unassign: () => undefined,
      close: () => Promise.resolve(),
    }),
    ...events,
    onAcquired: (partition, epoch) => said.push(`acquired ${partition} epoch ${epoch}`),
    onLost: () => undefined,
  });
  await slot.start();
  slots.push(slot);
  return { ownership, slot, said, released };
}

/** Waits for what a busy machine does a little later; what never comes is the test's timeout. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(5);
}

describe('ownership', () => {
  test('one that stays is read on in the same topic; one that comes was looked at', async () => {
    const { ownership, said } = await given();
    ownership.assign([0]);
    await until(() => said.length === 2);
    ownership.assign([0, 1]);
    await until(() => said.includes('assign 1@0'));
    expect(said).toEqual([
      'acquired 0 epoch 1',
      'assign 0@0',
      'assign 0@0 unverified',
      'acquired 1 epoch 1',
      'assign 1@0',
    ]);
  });

  test('a partition that has a session is not acquired over it', async () => {
    const { ownership, said } = await given();
    ownership.assign([0]);
    await until(() => ownership.session(0) !== undefined);
    const session = ownership.session(0);
    ownership.reacquire(0);
    await sleep(20);
    expect(ownership.session(0)).toBe(session);
    expect(said.filter((line) => line.startsWith('acquired'))).toEqual(['acquired 0 epoch 1']);
  });

  test('an acquisition of an assignment that is over begins nothing', async () => {
    const looks: ((end: number) => void)[] = [];
    const verify = (partition: number): Promise<number> =>
      partition === 1 ? new Promise((resolve) => looks.push(resolve)) : Promise.resolve(0);
    const { ownership, said } = await given({ verify });
    ownership.assign([0, 1]);
    await until(() => looks.length === 1 && ownership.session(0) !== undefined);
    ownership.assign([0]);
    looks[0]?.(0);
    await sleep(20);
    expect(ownership.sessions().map((session) => session.partition)).toEqual([0]);
    expect(said).not.toContain('acquired 1 epoch 1');
  });

  test('nothing is claimed while the group decides anew, however often it fails', async () => {
    let looks = 0;
    const verify = (): Promise<number> => {
      looks += 1;
      return Promise.reject(new RuntimeError('KAFKA_OUTAGE', 'no answer', { retryable: true }));
    };
    const { ownership } = await given({ verify });
    ownership.assign([0, 1]);
    await until(() => looks >= 2);
    ownership.revoke();
    const before = looks;
    ownership.reacquire(1);
    await sleep(400);
    expect(looks).toBe(before);
    // They wait for whoever looks at health, as before.
    expect(ownership.acquiring()).toEqual([0, 1]);
  });

  test('a verdict on an epoch that is over does not touch the one after it', async () => {
    let letGo: (result: CommitResult) => void = () => undefined;
    let calls = 0;
    const commit = (parts: readonly Part<Entity>[]): Promise<CommitResult> => {
      calls += 1;
      if (calls > 1)
        return Promise.resolve({ committed: parts.map((part) => part.partition), fenced: [] });
      return new Promise((resolve) => {
        letGo = resolve;
      });
    };
    const { ownership, slot, said } = await given({ commit });
    ownership.assign([0]);
    await until(() => ownership.session(0) !== undefined);
    const first = ownership.session(0);
    if (first === undefined) throw new Error('Expected a session.');
    const part = slot.partOf(first);
    part.records = 1;
    part.to = 1;
    slot.kick();
    await until(() => calls === 1);
    ownership.assign([]);
    ownership.assign([0]);
    await until(() => ownership.session(0)?.epoch === 2);
    const second = ownership.session(0);
    letGo({ committed: [], fenced: [0] });
    await sleep(20);
    expect(second?.alive).toBe(true);
    expect(said.filter((line) => line.startsWith('lost'))).toEqual([]);
  });

  // Undrained: a publication may be under way, so whoever comes next must find whom to fence.
  test.each([
    { what: 'drained', next: 5, committed: 5, publishedTo: 5, isReleased: true },
    { what: 'folded and not stored', next: 5, committed: 4, publishedTo: 4, isReleased: false },
    { what: 'stored and not public', next: 5, committed: 5, publishedTo: 4, isReleased: false },
    { what: 'folded beyond its output', next: 5, committed: 4, publishedTo: 5, isReleased: false },
  ])(
    'a session that goes is released only where it is drained: $what',
    async ({ next, committed, publishedTo, isReleased }) => {
      const wanted = isReleased ? ['partition 3 epoch 1 of x.w.0'] : [];
      const leave = [
        (ownership: Ownership<Entity>) => Promise.resolve(ownership.assign([])),
        (ownership: Ownership<Entity>) => ownership.releaseAll(),
      ];
      for (const go of leave) {
        const { ownership, released } = await given();
        ownership.assign([3]);
        await until(() => ownership.session(3) !== undefined);
        Object.assign(ownership.session(3) ?? {}, { next, committed, publishedTo });
        await go(ownership);
        await until(() => released.length >= wanted.length);
        await sleep(20);
        expect(released).toEqual(wanted);
      }
    },
  );
});
