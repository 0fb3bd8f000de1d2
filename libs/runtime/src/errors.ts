/**
 * Infrastructure errors with a name. `retryable` says whether waiting can help; a message is a
 * sentence: what was expected, what was found, what to do.
 */

export type RuntimeErrorCode =
  // The log is not the one that was read before. The partition stops; nothing is written.
  | 'LOG_TRUNCATED'
  | 'LOG_REPLACED'
  | 'PROGRESS_LOST'
  // Another version of the projection publishes.
  | 'VERSION_NOT_ACTIVE'
  // A record that no topic takes. The partition stops before it.
  | 'RECORD_TOO_LARGE'
  // Ownership.
  | 'FENCED'
  | 'CONTENDED'
  // Postgres.
  | 'DATABASE_OUTAGE'
  | 'DATABASE_CONTENTION'
  | 'DATABASE_FAULT'
  | 'MIGRATION_CHANGED'
  // Registry.
  | 'REGISTRY_OUTAGE'
  | 'SCHEMA_UNKNOWN'
  // Kafka.
  | 'KAFKA_OUTAGE'
  | 'KAFKA_OUT_OF_RANGE'
  | 'KAFKA_TOPIC_GONE'
  | 'KAFKA_FENCED'
  | 'KAFKA_PRODUCER_BROKEN'
  | 'KAFKA_UNSUPPORTED'
  | 'KAFKA_FAULT'
  // The chain. The first two stop its reader; the others it waits out.
  | 'CHAIN_REORGED'
  | 'CHAIN_WRONG_NETWORK'
  | 'CHAIN_OUTAGE'
  | 'CHAIN_TIMEOUT'
  | 'CHAIN_BREAKER_OPEN'
  | 'CHAIN_RATE_LIMITED'
  | 'CHAIN_RANGE_REFUSED'
  | 'CHAIN_BATCH_REFUSED'
  | 'CHAIN_LAGS'
  | 'CHAIN_WENT_BACK'
  | 'CHAIN_MISPLACED'
  | 'CHAIN_TRUNCATED'
  | 'CHAIN_UNREADABLE'
  // Our own.
  | 'STEP_FAILED'
  | 'CONFIGURATION';

export class RuntimeError extends Error {
  readonly code: RuntimeErrorCode;
  readonly retryable: boolean;

  constructor(
    code: RuntimeErrorCode,
    message: string,
    options: { readonly retryable: boolean; readonly cause?: unknown } = { retryable: false },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RuntimeError';
    this.code = code;
    this.retryable = options.retryable;
  }
}

/**
 * Whether waiting cannot mend it, so that what it befell stops there. Kafka's own refusals are
 * waited out, however they end: rights are given, topics are created.
 */
export function isHalt(error: RuntimeError): boolean {
  return !error.retryable && !error.code.startsWith('KAFKA_');
}

/** What our own code throws where it is wrong, as STEP_FAILED; null for what a server says. */
export function bugIn(cause: unknown): RuntimeError | null {
  const isOurs =
    cause instanceof TypeError ||
    cause instanceof RangeError ||
    cause instanceof ReferenceError ||
    cause instanceof SyntaxError;
  if (!isOurs) return null;
  return new RuntimeError('STEP_FAILED', `Invariant: ${cause.message}`, {
    cause,
    retryable: false,
  });
}

/**
 * A broken invariant is a bug: the partition stops rather than count on. Stays on in production.
 */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new RuntimeError('STEP_FAILED', `Invariant: ${message}`);
}
