/**
 * What is wrong in kafkajs 2.2.4 in the layers that the port uses, and in what its consumer shows
 * of a topic like ours, put right before the first connection. Each mend has a test that fails
 * without it.
 */
import { walkAborted } from './aborted.ts';
import {
  brokerPrototype,
  requestQueuePrototype,
  type FetchAnswer,
  type FetchedMessage,
  type QueueInnards,
} from './kafkajs-internals.ts';

/** How long the queue waits before it looks again when requests wait without a throttle. */
const LOOK_AGAIN_MS = 10;

/**
 * kafkajs #1556: the queue armed a timer of negative delay (1 ms) over and over on an idle
 * connection, with a TimeoutNegativeWarning. A timer is needed only while something waits.
 */
function scheduleCheckPendingRequests(this: QueueInnards): void {
  if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
  const throttledForMs = this.throttledUntil - Date.now();
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    },
    throttledForMs > 0 ? throttledForMs : LOOK_AGAIN_MS,
  );
}

const unmendedFetch = brokerPrototype.fetch;

/**
 * kafkajs shows records of aborted transactions to a reader of committed ones, where two of them
 * overlapped: it takes the broker's list for sorted by first offset, while the broker gives it by
 * the end of each, and it takes up one of the list a record at most. Here they are told from the
 * rest before its consumer sees them, and look to it as control records do: passed over, but
 * counted in its position.
 */
async function fetch(this: unknown, request: object): Promise<FetchAnswer> {
  const answer = await unmendedFetch.call(this, request);
  for (const { partitions } of answer.responses) {
    for (const part of partitions) {
      part.messages = withoutAborted(part.messages, part.abortedTransactions);
      part.abortedTransactions = [];
    }
  }
  return answer;
}

type Aborted = FetchAnswer['responses'][0]['partitions'][0]['abortedTransactions'];

/** The same messages, those of `aborted` marked as nothing for a reader of data. */
export function withoutAborted(
  messages: readonly FetchedMessage[],
  aborted: Aborted,
): readonly FetchedMessage[] {
  if (aborted.length === 0) return messages;
  const walk = walkAborted(
    aborted.map(({ producerId, firstOffset }) => {
      return { producerId: Number(producerId), firstOffset: Number(firstOffset) };
    }),
  );
  return messages.map((message) => {
    const producerId = Number(message.batchContext.producerId);
    walk.reach(Number(message.offset));
    if (message.isControlRecord) {
      if (isAbortMarker(message)) walk.ended(producerId);
      return message;
    }
    const isGone = message.batchContext.inTransaction && walk.isGone(producerId);
    return isGone ? { ...message, isControlRecord: true } : message;
  });
}

/** The key of a control record is a version and a type, int16 each; type 0 is abort. */
function isAbortMarker({ key }: FetchedMessage): boolean {
  return key !== null && key.length >= 4 && key.readInt16BE(2) === 0;
}

/** Applies the mends; doing it twice changes nothing. */
export function mendKafkajs(): void {
  requestQueuePrototype.scheduleCheckPendingRequests = scheduleCheckPendingRequests;
  brokerPrototype.fetch = fetch;
}
