import { setImmediate as settled } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { type Part } from '../postgres/group.ts';
import { type CommitResult } from '../postgres/store.ts';
import { newSession, type Session } from './session.ts';
import { createSlot, type SlotConfig } from './slot.ts';

const START = { partition: 3, lastOffset: null, lastHash: null, chainHash: Buffer.alloc(32) };

test('a commit that is told when its epoch is over does not move the one after it', async () => {
  const sessions = new Map<number, Session<object>>();
  let counted = 0;
  let tell: (result: CommitResult) => void = () => undefined;
  const slot = createSlot<object, object>({
    connect: () => Promise.resolve({ end: () => Promise.resolve() }),
    store: {
      commit: (_: unknown, parts: readonly Part<object>[]) => {
        expect(parts).toHaveLength(1);
        return new Promise<CommitResult>((resolve) => {
          tell = resolve;
        });
      },
    },
    publisher: null,
    session: (partition: number) => sessions.get(partition),
    limits: { groupRecords: 1, groupWaitMs: 1, maxInFlight: 9, maxPendingRecords: 9 },
    events: {
      onBatch: () => undefined,
      onCommitted: () => {
        counted += 1;
      },
    },
  } as unknown as SlotConfig<object, object>);
  await slot.start();

  async function commitAt(session: Session<object>): Promise<void> {
    sessions.set(3, session);
    slot.partOf(session).to = session.next + 1;
    slot.kick();
    await settled();
  }

  const committed: CommitResult = { committed: [3], fenced: [] };
  await commitAt(newSession<object>({ ...START, epoch: 1, nextOffset: 0 }));
  // Meanwhile somebody else had the partition, stored up to 10, and gave it back.
  const second = newSession<object>({ ...START, epoch: 2, nextOffset: 10 });
  sessions.set(3, second);
  tell(committed);
  await settled();
  expect(second).toMatchObject({ committed: 10, publishedTo: 0 });
  expect(counted).toBe(0);

  await commitAt(second);
  tell(committed);
  await settled();
  expect(second).toMatchObject({ committed: 11, publishedTo: 11 });
  expect(counted).toBe(1);
  await slot.stop();
});
