/**
 * Connections. A partition task has one of its own with hard limits on every wait, so that a
 * hung server or a frozen owner ends in a named error instead of a lock held for ever.
 */

import pg from 'pg';
import { bugIn, RuntimeError } from '../errors.ts';

export type DatabaseConfig = { readonly url: string; readonly applicationName: string };

export const limits = {
  statementMs: 30_000,
  lockMs: 5_000,
  idleInTransactionMs: 10_000,
  connectMs: 10_000,
  /** Of a server that does not even say that a statement took too long. */
  queryMs: 35_000,
  hangUpMs: 1_000,
} as const;

/** Every value as the text Postgres sent; values.ts gives it a type. */
const asText = { getTypeParser: () => (text: string) => text } as unknown as pg.CustomTypesConfig;

function settings(config: DatabaseConfig): pg.ClientConfig {
  return {
    connectionString: config.url,
    application_name: config.applicationName,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: limits.connectMs,
    query_timeout: limits.queryMs,
    statement_timeout: limits.statementMs,
    lock_timeout: limits.lockMs,
    idle_in_transaction_session_timeout: limits.idleInTransactionMs,
    types: asText,
    // Keepalives from the server's side, too: it must not hold locks for a host that is gone.
    options:
      '-c TimeZone=UTC -c DateStyle=ISO -c bytea_output=hex -c tcp_keepalives_idle=10 ' +
      '-c tcp_keepalives_interval=5 -c tcp_keepalives_count=3',
  };
}

/** One dedicated connection. Throws RuntimeError DATABASE_OUTAGE if the server does not answer. */
export async function connect(config: DatabaseConfig): Promise<pg.Client> {
  const client = new pg.Client(settings(config));
  // Without a listener a connection lost while idle would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (cause) {
    await client.end().catch(() => undefined);
    throw databaseError(cause);
  }
  return client;
}

/** A small pool for reads and acquisitions. */
export function pool(config: DatabaseConfig, max = 4): pg.Pool {
  const made = new pg.Pool({ ...settings(config), max });
  made.on('error', () => undefined);
  // Of a client that is checked out and lost between two statements: else the process would end.
  made.on('connect', (client) => client.on('error', () => undefined));
  return made;
}

/** Ends a connection without waiting for a server that may be gone: it would wait for ever. */
export function hangUp(client: pg.Client | null): void {
  if (client === null) return;
  const { connection } = client as unknown as { connection: { stream: { destroy: () => void } } };
  const timer = setTimeout(() => connection.stream.destroy(), limits.hangUpMs);
  void client
    .end()
    .catch(() => undefined)
    .finally(() => clearTimeout(timer));
}

/** OpenSSL's names for a certificate that does not convince; each has one of these in it. */
const untrusted = /CERT|SELF_SIGNED|UNABLE_TO_/;
/** A replica that answers while its primary is being replaced. */
const outageStates = new Set(['25006']);
const retryableStates = new Set(['40P01', '40001', '55P03', '57014', '53300', '25P03']);

/** Sorts what `pg` throws into outage (reconnect), contention (again) and fault (stop). */
export function databaseError(cause: unknown): RuntimeError {
  if (cause instanceof RuntimeError) return cause;
  const bug = bugIn(cause);
  if (bug !== null) return bug;
  const code = (cause as { code?: string }).code ?? '';
  const message = cause instanceof Error ? cause.message : String(cause);
  if (retryableStates.has(code))
    return new RuntimeError('DATABASE_CONTENTION', message, { cause, retryable: true });
  if (untrusted.test(code)) {
    return new RuntimeError(
      'DATABASE_OUTAGE',
      `Postgres shows a certificate that is not trusted: ${message}. Name the authority that ` +
        'signed it as sslrootcert in DATABASE_URL, or renew it.',
      { cause, retryable: true },
    );
  }
  // Postgres' own errors have a severity; Node's (EPIPE) have five letters, too.
  const hasAnswered = (cause as { severity?: string }).severity !== undefined;
  const isFault =
    hasAnswered &&
    !outageStates.has(code) &&
    !code.startsWith('08') &&
    !code.startsWith('57P') &&
    !code.startsWith('53');
  if (isFault && !message.startsWith('Connection terminated')) {
    return new RuntimeError(
      'DATABASE_FAULT',
      `Postgres refused a statement (${code}): ${message}`,
      { cause, retryable: false },
    );
  }
  const said = hasAnswered ? `cannot serve at the moment (${code})` : 'does not answer';
  return new RuntimeError('DATABASE_OUTAGE', `Postgres ${said}: ${message}`, {
    cause,
    retryable: true,
  });
}

/**
 * Ends connections, of applications whose name begins so, that are in the middle of a statement and
 * have sent nothing for longer than one may take: a frozen owner would hold the row of its
 * partition for ever, as no time limit of Postgres runs while a backend waits for the rest of a
 * statement or for COPY data. What it had not committed is undone.
 */
export async function endFrozenSenders(database: pg.Pool, applications: string): Promise<void> {
  await database
    .query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() ' +
        "AND usename = current_user AND starts_with(application_name, $1) AND state = 'active' " +
        "AND wait_event = 'ClientRead' " +
        "AND query_start < now() - $2::int * interval '1 millisecond'",
      [applications, limits.statementMs],
    )
    .catch(() => undefined);
}
