import { createRequire } from 'node:module';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { requestQueuePrototype, type QueueInnards } from './kafkajs-internals.ts';
import { type FetchedMessage } from './kafkajs-internals.ts';
import { mendKafkajs, withoutAborted } from './mends.ts';

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

/** As `filterAbortedMessages` of kafkajs has it. */
type Filter = (fetched: {
  messages: readonly FetchedMessage[];
  abortedTransactions: readonly Aborted[];
}) => readonly FetchedMessage[];
type Aborted = { readonly producerId: string; readonly firstOffset: string };

const published = createRequire(import.meta.url)(
  'kafkajs/src/consumer/filterAbortedMessages',
) as Filter;

function message(offset: number, producerId: string, key = 'key'): FetchedMessage {
  const batchContext = { producerId, inTransaction: true };
  return { offset: `${offset}`, key: Buffer.from(key), isControlRecord: false, batchContext };
}

function abortMarker(offset: number, producerId: string): FetchedMessage {
  return { ...message(offset, producerId, '\0\0\0\0'), isControlRecord: true };
}

const offsetsOf = (messages: readonly FetchedMessage[]): string =>
  messages
    .filter(({ isControlRecord }) => !isControlRecord)
    .map(({ offset }) => offset)
    .join(' ');

describe('what a reader of committed records with kafkajs sees', () => {
  const listed = (...pairs: [string, number][]): Aborted[] =>
    pairs.map(([producerId, first]) => ({ producerId, firstOffset: `${first}` }));
  const cases = [
    {
      title: 'of two aborted transactions that are listed by their ends, as the broker does',
      messages: [message(8, '7'), message(9, '8'), message(10, '7'), message(11, '9')],
      markers: [abortMarker(12, '8'), abortMarker(13, '7')],
      aborted: listed(['8', 9], ['7', 8]),
      asPublished: '8 11',
    },
    {
      title: 'of two that both began before the fetch',
      messages: [message(50, '8'), message(51, '7'), message(52, '9')],
      markers: [abortMarker(53, '7'), abortMarker(54, '8')],
      aborted: listed(['7', 3], ['8', 7]),
      asPublished: '50 52',
    },
    {
      title: 'of one whose record has a key that looks like the marker of its abort',
      messages: [message(1, '7', '\0\0\0\0'), message(2, '7'), message(3, '9')],
      markers: [abortMarker(4, '7')],
      aborted: listed(['7', 1]),
      asPublished: '1 2 3',
    },
  ];

  test.each(cases)('$title', ({ messages, markers, aborted, asPublished }) => {
    const whole = [...messages, ...markers];
    expect(offsetsOf(published({ messages: whole, abortedTransactions: aborted }))).toBe(
      asPublished,
    );
    expect(offsetsOf(withoutAborted(whole, aborted))).toBe(
      offsetsOf(messages.filter(({ batchContext }) => batchContext.producerId === '9')),
    );
    // Its position counts them all the same.
    expect(withoutAborted(whole, aborted)).toHaveLength(whole.length);
  });

  test('what a producer says after its abort is seen again', () => {
    const whole = [message(1, '7'), abortMarker(2, '7'), message(3, '7')];
    expect(offsetsOf(withoutAborted(whole, listed(['7', 1])))).toBe('3');
  });
});
