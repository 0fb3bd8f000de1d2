import { createRequire } from 'node:module';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { requestQueuePrototype, type QueueInnards } from './kafkajs-internals.ts';
import { mendKafkajs } from './mends.ts';

type Queue = QueueInnards & {
  readonly push: (request: object) => void;
  readonly maybeThrottle: (milliseconds: number) => void;
  readonly destroy: () => void;
};

const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as new (
  options: object,
) => Queue;
const unmended = requestQueuePrototype.scheduleCheckPendingRequests;

const logger = { debug: () => undefined, warn: () => undefined };

function newQueue(): Queue {
  return new RequestQueue({ maxInFlightRequests: null, requestTimeout: 0, logger });
}

describe('the request queue of kafkajs', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => {
    requestQueuePrototype.scheduleCheckPendingRequests = unmended;
    jest.useRealTimers();
  });

  test('as published it arms timers for ever while nothing waits (kafkajs #1556)', () => {
    newQueue().checkPendingRequests();
    jest.advanceTimersByTime(1_000);
    expect(jest.getTimerCount()).toBe(1);
  });

  test('mended it arms no timer while nothing waits', () => {
    mendKafkajs();
    newQueue().checkPendingRequests();
    expect(jest.getTimerCount()).toBe(0);
  });

  test('mended it still sends what waited for the end of a throttle', () => {
    mendKafkajs();
    const queue = newQueue();
    const sent: number[] = [];
    queue.maybeThrottle(500);
    for (const correlationId of [1, 2]) {
      const entry = { correlationId, resolve: () => undefined, reject: () => undefined };
      const sendRequest = (): void => void sent.push(correlationId);
      queue.push({ entry, expectResponse: true, sendRequest });
    }
    jest.advanceTimersByTime(400);
    expect(sent).toEqual([]);
    jest.advanceTimersByTime(200);
    expect(sent).toEqual([1, 2]);
    expect(jest.getTimerCount()).toBe(0);
  });
});
