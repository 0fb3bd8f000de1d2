/**
 * What is wrong in kafkajs 2.2.4 in the layers that the port uses, put right before the first
 * connection. Each mend has a test that fails without it.
 */
import { requestQueuePrototype, type QueueInnards } from './kafkajs-internals.ts';

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

/** Applies the mends; doing it twice changes nothing. */
export function mendKafkajs(): void {
  requestQueuePrototype.scheduleCheckPendingRequests = scheduleCheckPendingRequests;
}
