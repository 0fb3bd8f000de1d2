import { describe, expect, test } from '@jest/globals';
import { RuntimeError } from '../errors.ts';
import { emptyPart } from '../postgres/group.ts';
import { createOutbox, type OutboxConfig } from './outbox.ts';
import { type Batch } from './publisher.ts';
import { newSession, type Session } from './session.ts';
import { createSignal } from './signal.ts';

test('a worker that is fenced again is told that its name may be taken twice', async () => {
  const start = { partition: 3, epoch: 1, nextOffset: 0, lastOffset: null, lastHash: null };
  const session = newSession<object>({ ...start, chainHash: Buffer.alloc(32) });
  const fenced = new RuntimeError('KAFKA_FENCED', 'The id has a newer owner.', {
    retryable: false,
  });
  const outages: string[] = [];
  let failures = 3;
  let stopped = false;
  const changed = createSignal();
  const outbox = createOutbox<object, object>({
    publisher: {
      publish: () => {
        failures -= 1;
        if (failures >= 0) return Promise.reject(fenced);
        stopped = true;
        return Promise.resolve(0);
      },
      renew: () => Promise.resolve(),
    },
    context: { workerId: 'w1' },
    // Nothing to resume: the recovery is over as soon as the producer is new.
    session: () => undefined,
    isOurs: () => true,
    isCommitting: () => false,
    isStopped: () => stopped,
    changed,
    alone: (task: () => Promise<unknown>) => task(),
    maxPublishEntries: 10,
    onPublished: () => undefined,
    onOutage: (error: RuntimeError) => {
      outages.push(`${error.code}: ${error.message}`);
      setImmediate(queueOne);
    },
  } as unknown as OutboxConfig<object, object>);

  function queueOne(): void {
    const part = emptyPart<object>(session, { ...session, offset: 0 });
    part.to = 1;
    outbox.add(part, session);
    changed.raise();
  }

  queueOne();
  await outbox.run();
  expect(outages).toHaveLength(3);
  expect(outages[0]).toBe('KAFKA_FENCED: The id has a newer owner.');
  for (const again of outages.slice(1)) {
    expect(again).toContain('KAFKA_FENCED: The producer of this worker was fenced again.');
    expect(again).toContain('Expected WORKER_ID "w1" to be the name of one running worker');
    expect(again).toContain('The id has a newer owner.');
  }
});

const FENCED = new RuntimeError('KAFKA_FENCED', 'The id has a newer owner.', { retryable: false });

function sessionOf(partition: number, epoch: number): Session<object> {
  const start = { partition, epoch, nextOffset: 0, lastOffset: null, lastHash: null };
  return newSession<object>({ ...start, chainHash: Buffer.alloc(32) });
}

/** An outbox over these sessions; `isOwned` is what Postgres says when it is asked. */
function given(sessions: Map<number, Session<object>>, isOwned: () => boolean = () => true) {
  const said: string[] = [];
  const changed = createSignal();
  let stopped = false;
  const outbox = createOutbox<object, object>({
    publisher: {
      publish: (batches: readonly Batch[]) => {
        const places = batches.map(({ partition, to }) => `${partition} to ${to}`);
        said.push(`publish ${places.join(', ')}`);
        stopped = true;
        return Promise.resolve(batches.reduce((sum, { outputs }) => sum + outputs.length, 0));
      },
      renew: () => Promise.resolve(said.push('renew')),
      progress: () => Promise.resolve(0),
    },
    context: {
      database: {
        query: (sql: string) => {
          const isQuestion = sql.startsWith('SELECT 1 FROM stream.output');
          if (isQuestion) return Promise.resolve({ rows: [], rowCount: isOwned() ? 1 : 0 });
          return Promise.resolve({ rows: [{ state: 'started', published_to: '0' }], rowCount: 1 });
        },
      },
      store: { entries: () => Promise.resolve([{ offset: 0, entry: {} }]) },
      emitter: () => [RECORD],
    },
    session: (partition: number) => sessions.get(partition),
    isOurs: ({ partition, epoch }: { readonly partition: number; readonly epoch: number }) =>
      sessions.get(partition)?.epoch === epoch,
    isCommitting: () => false,
    isStopped: () => stopped,
    changed,
    alone: (task: () => Promise<unknown>) => task(),
    maxPublishEntries: 10,
    onPublished: () => undefined,
    onLost: (partition: number) => said.push(`lost ${partition}`),
    onOutage: () => undefined,
  } as unknown as OutboxConfig<object, object>);
  const add = (session: Session<object>): void => {
    const part = emptyPart<object>(session, { ...session, offset: 0 });
    part.to = 1;
    part.outputs.push({ offset: 0, record: RECORD });
    outbox.add(part, session);
    session.committed = 1;
  };
  return { outbox, add, said };
}

const RECORD = { topic: 't', partition: 0, key: null, value: Buffer.alloc(1) };

describe('what is committed and not yet public', () => {
  test('is left to the next owner where the partition is not ours any more', async () => {
    const sessions = new Map([3, 4, 5].map((partition) => [partition, sessionOf(partition, 1)]));
    const { outbox, add, said } = given(sessions);
    for (const session of sessions.values()) add(session);
    const second = sessionOf(3, 2);
    sessions.set(3, second);
    sessions.delete(4);
    await outbox.run();
    expect(said).toEqual(['publish 5 to 1']);
    expect(second.publishedTo).toBe(0);
    expect(outbox.isIdle()).toBe(true);
    expect(outbox.size()).toBe(0);
  });

  test('is published anew after an error, from the ledger', async () => {
    const session = sessionOf(3, 1);
    const { outbox, add, said } = given(new Map([[3, session]]));
    add(session);
    await outbox.recover(FENCED);
    expect(said).toEqual(['renew', 'publish 3 to 1']);
    expect(session.publishedTo).toBe(1);
  });

  test('is lost after an error where another worker has taken the partition', async () => {
    const session = sessionOf(3, 1);
    const { outbox, add, said } = given(new Map([[3, session]]), () => false);
    add(session);
    await outbox.recover(FENCED);
    expect(said).toEqual(['renew', 'lost 3']);
    expect(session.publishedTo).toBe(0);
  });

  test('is lost by the session that was asked about, never by its successor', async () => {
    const session = sessionOf(3, 1);
    const sessions = new Map([[3, session]]);
    const { outbox, add, said } = given(sessions, () => {
      sessions.set(3, sessionOf(3, 2));
      return false;
    });
    add(session);
    await outbox.recover(FENCED);
    expect(said).toEqual(['renew']);
  });
});
