import { expect, test } from '@jest/globals';
import { RuntimeError } from '../errors.ts';
import { emptyPart } from '../postgres/group.ts';
import { createOutbox, type OutboxConfig } from './outbox.ts';
import { newSession } from './session.ts';
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
