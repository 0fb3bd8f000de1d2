/**
 * Kafka's error codes in the port's words. The codes of RuntimeError that come out of here:
 *
 *   KAFKA_OUTAGE            retryable: no broker answers, or none can serve for now
 *   KAFKA_OUT_OF_RANGE      the offset asked for is not in the log (deleted, or never written)
 *   KAFKA_TOPIC_GONE        the topic or partition does not exist, or was made anew
 *   KAFKA_FENCED            another producer took the transactional id, or the broker timed us out
 *   KAFKA_PRODUCER_BROKEN   a producer is used after its first failure
 *   KAFKA_UNSUPPORTED       a broker that is too old, a batch compressed with snappy or lz4
 *   KAFKA_FAULT             any other refusal (the message names it), a record that is too large,
 *                           a batch that fails its checksum, the port used against its contract
 */
import { RuntimeError } from '../errors.ts';

export const CODE = {
  NONE: 0,
  OFFSET_OUT_OF_RANGE: 1,
  CORRUPT_MESSAGE: 2,
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  LEADER_NOT_AVAILABLE: 5,
  NOT_LEADER: 6,
  REQUEST_TIMED_OUT: 7,
  REPLICA_NOT_AVAILABLE: 9,
  MESSAGE_TOO_LARGE: 10,
  NETWORK_EXCEPTION: 13,
  COORDINATOR_LOADING: 14,
  COORDINATOR_NOT_AVAILABLE: 15,
  NOT_COORDINATOR: 16,
  RECORD_LIST_TOO_LARGE: 18,
  NOT_ENOUGH_REPLICAS: 19,
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 20,
  ILLEGAL_GENERATION: 22,
  UNKNOWN_MEMBER_ID: 25,
  REBALANCE_IN_PROGRESS: 27,
  TOPIC_AUTHORIZATION_FAILED: 29,
  GROUP_AUTHORIZATION_FAILED: 30,
  CLUSTER_AUTHORIZATION_FAILED: 31,
  DUPLICATE_SEQUENCE_NUMBER: 46,
  INVALID_PRODUCER_EPOCH: 47,
  CONCURRENT_TRANSACTIONS: 51,
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 53,
  OPERATION_NOT_ATTEMPTED: 55,
  KAFKA_STORAGE_ERROR: 56,
  FENCED_LEADER_EPOCH: 74,
  UNKNOWN_LEADER_EPOCH: 75,
  OFFSET_NOT_AVAILABLE: 78,
  MEMBER_ID_REQUIRED: 79,
  PRODUCER_FENCED: 90,
  UNKNOWN_TOPIC_ID: 100,
  INCONSISTENT_TOPIC_ID: 103,
} as const;

const NAMES = new Map<number, string>(Object.entries(CODE).map(([name, code]) => [code, name]));

/** Answers that mean: look up leader or coordinator again, wait a little, ask again. */
const TRANSIENT = new Set<number>([
  CODE.CORRUPT_MESSAGE,
  CODE.LEADER_NOT_AVAILABLE,
  CODE.NOT_LEADER,
  CODE.REQUEST_TIMED_OUT,
  CODE.REPLICA_NOT_AVAILABLE,
  CODE.NETWORK_EXCEPTION,
  CODE.COORDINATOR_LOADING,
  CODE.COORDINATOR_NOT_AVAILABLE,
  CODE.NOT_COORDINATOR,
  CODE.NOT_ENOUGH_REPLICAS,
  CODE.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  CODE.KAFKA_STORAGE_ERROR,
  CODE.FENCED_LEADER_EPOCH,
  CODE.UNKNOWN_LEADER_EPOCH,
  CODE.OFFSET_NOT_AVAILABLE,
]);

const DENIED = new Set<number>([
  CODE.TOPIC_AUTHORIZATION_FAILED,
  CODE.GROUP_AUTHORIZATION_FAILED,
  CODE.CLUSTER_AUTHORIZATION_FAILED,
  CODE.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
]);

export function isTransient(code: number): boolean {
  return TRANSIENT.has(code);
}

/** Kafka's name of a code, for messages. */
export function codeName(code: number): string {
  return NAMES.get(code) ?? `error ${code}`;
}

/** The RuntimeError for a broker's answer; `during` completes "Kafka refused …". */
export function brokerRefusal(code: number, during: string): RuntimeError {
  const said = `Kafka answered ${codeName(code)} to ${during}`;
  if (code === CODE.INVALID_PRODUCER_EPOCH || code === CODE.PRODUCER_FENCED) {
    return new RuntimeError(
      'KAFKA_FENCED',
      `${said}: the transactional id has a newer owner, or the transaction timed out. ` +
        'Make a new producer only if the partition is still ours.',
      { retryable: false },
    );
  }
  if (code === CODE.UNKNOWN_TOPIC_OR_PARTITION || code === CODE.UNKNOWN_TOPIC_ID) {
    return topicGone(`${said}.`);
  }
  if (code === CODE.OFFSET_OUT_OF_RANGE) {
    return new RuntimeError('KAFKA_OUT_OF_RANGE', `${said}.`, { retryable: false });
  }
  if (code === CODE.MESSAGE_TOO_LARGE || code === CODE.RECORD_LIST_TOO_LARGE) {
    return new RuntimeError(
      'RECORD_TOO_LARGE',
      `${said}: a record is larger than the topic takes. Raise max.message.bytes of the topic, ` +
        'then restart the worker.',
      { retryable: false },
    );
  }
  if (DENIED.has(code)) {
    return new RuntimeError('KAFKA_FAULT', `${said}. Check the principal's rights.`, {
      retryable: false,
    });
  }
  if (isTransient(code)) {
    return new RuntimeError('KAFKA_OUTAGE', `${said}; it is expected to pass.`, {
      retryable: true,
    });
  }
  return new RuntimeError('KAFKA_FAULT', `${said}.`, { retryable: false });
}

export function topicGone(message: string): RuntimeError {
  return new RuntimeError('KAFKA_TOPIC_GONE', message, { retryable: false });
}

export function outage(message: string, cause?: unknown): RuntimeError {
  return new RuntimeError('KAFKA_OUTAGE', message, { retryable: true, cause });
}

export function misuse(message: string): RuntimeError {
  return new RuntimeError('KAFKA_FAULT', message, { retryable: false });
}
