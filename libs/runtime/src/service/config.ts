/**
 * Configuration from the environment, checked once, before anything starts. A wrong value ends
 * in one sentence that says what was expected, what was found and what to do; exit code 2.
 */

import { hostname } from 'node:os';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { RuntimeError } from '../errors.ts';

export type Mode = 'shadow_only' | 'limited_live' | 'general_live';

export type KafkaSettings = {
  readonly brokers: readonly string[];
  readonly sasl: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  } | null;
  readonly ssl: { readonly ca: string | null } | null;
};

export type ServiceConfig = {
  readonly kafka: KafkaSettings;
  readonly registryUrl: string;
  readonly databaseUrl: string;
  /** Null: the role of `databaseUrl` owns the tables. Else it may only do what a service must. */
  readonly databaseOwnerUrl: string | null;
  readonly topicPrefix: string;
  readonly mode: Mode;
  readonly workerId: string;
  /** Null: the version that the processor declares. */
  readonly version: number | null;
  /** False builds a version without constructing a publisher. */
  readonly publishes: boolean;
  readonly slots: number;
  /** Where health and metrics listen: loopback, unless a container says otherwise. */
  readonly httpHost: string;
  readonly httpPort: number;
  readonly sessionTimeoutMs: number;
  /** Fetched batches that may wait to be stored (rule B17); beyond it a partition is paused. */
  readonly maxInFlight: number;
  /**
   * Records that may wait to be stored, and reports that may wait to be published. Null: as many as
   * suit a worker that publishes, or one that does not.
   */
  readonly maxPendingRecords: number | null;
  readonly maxPublishEntries: number;
  readonly fetchMaxBytes: number;
  readonly logLevel: string;
};

type Env = Readonly<Record<string, string | undefined>>;

/** Throws RuntimeError CONFIGURATION with a sentence for whoever started the service. */
export function configFromEnv(env: Env): ServiceConfig {
  return {
    kafka: kafkaSettings(env),
    registryUrl: registryUrl(env),
    databaseUrl: databaseUrl(env, 'DATABASE_URL'),
    databaseOwnerUrl:
      given(env, 'DATABASE_OWNER_URL') === null ? null : databaseUrl(env, 'DATABASE_OWNER_URL'),
    topicPrefix: topicPrefix(env),
    mode: oneOf(env, 'MODE', ['general_live', 'limited_live', 'shadow_only']),
    workerId:
      given(env, 'WORKER_ID') ??
      `${hostname()}-${process.pid}-${Math.trunc(performance.timeOrigin).toString(36)}`,
    version: whole(env, 'PROJECTION_VERSION', null, 1, 1_000_000),
    publishes: oneOf(env, 'PUBLISH', ['yes', 'no']) === 'yes',
    slots: whole(env, 'WORKER_SLOTS', 2, 1, 12),
    httpHost: given(env, 'HTTP_HOST') ?? '127.0.0.1',
    httpPort: whole(env, 'HTTP_PORT', 0, 0, 65_535),
    sessionTimeoutMs: whole(env, 'SESSION_TIMEOUT_MS', 30_000, 6_000, 300_000),
    maxInFlight: whole(env, 'MAX_IN_FLIGHT', 500, 1, 100_000),
    maxPendingRecords: whole(env, 'MAX_PENDING_RECORDS', null, 1, 1_000_000),
    maxPublishEntries: whole(env, 'MAX_PUBLISH_ENTRIES', 4_000, 1, 100_000),
    fetchMaxBytes: whole(env, 'FETCH_MAX_BYTES', 2 << 20, 1 << 16, 64 << 20),
    logLevel: oneOf(env, 'LOG_LEVEL', ['info', 'debug', 'warn', 'error', 'silent']),
  };
}

function kafkaSettings(env: Env): KafkaSettings {
  const text = required(env, 'KAFKA_BROKERS', 'a list of host:port, such as 127.0.0.1:9092');
  const brokers = text.split(',').map((one) => one.trim());
  const wrong = brokers.find((one) => !isHostAndPort(one));
  if (wrong !== undefined)
    throw refusal(`Expected KAFKA_BROKERS to be a list of host:port; found "${wrong}" in it.`);
  return { brokers, sasl: saslSettings(env), ssl: sslSettings(env) };
}

function isHostAndPort(text: string): boolean {
  const port = Number(/^[^\s:]+:(\d{1,5})$/.exec(text)?.[1] ?? 0);
  return port >= 1 && port <= 65_535;
}

function saslSettings(env: Env): KafkaSettings['sasl'] {
  if (given(env, 'KAFKA_SASL_MECHANISM') === null) {
    // A half of it would connect without any credentials, and nobody would know.
    refuseAlone(env, 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_MECHANISM is not set');
    refuseAlone(env, 'KAFKA_SASL_PASSWORD', 'KAFKA_SASL_MECHANISM is not set');
    return null;
  }
  return {
    mechanism: oneOf(env, 'KAFKA_SASL_MECHANISM', ['plain', 'scram-sha-256', 'scram-sha-512']),
    username: required(env, 'KAFKA_SASL_USERNAME', 'the user name for KAFKA_SASL_MECHANISM'),
    password: required(env, 'KAFKA_SASL_PASSWORD', 'the password for KAFKA_SASL_MECHANISM'),
  };
}

function sslSettings(env: Env): KafkaSettings['ssl'] {
  const caFile = given(env, 'KAFKA_SSL_CA_FILE');
  if (oneOf(env, 'KAFKA_SSL', ['no', 'yes']) === 'yes') {
    return { ca: caFile === null ? null : fileText('KAFKA_SSL_CA_FILE', caFile) };
  }
  refuseAlone(env, 'KAFKA_SSL_CA_FILE', 'KAFKA_SSL is not yes');
  return null;
}

function refuseAlone(env: Env, name: string, because: string): void {
  if (given(env, name) === null) return;
  throw refusal(
    `Expected ${name} to be left out while ${because}; it is there. Set the other too.`,
  );
}

/** Becomes part of topic, group and transactional names, so Kafka's letters alone may be in it. */
function topicPrefix(env: Env): string {
  const prefix = given(env, 'TOPIC_PREFIX') ?? '';
  if (/^[A-Za-z0-9._-]{0,100}$/.test(prefix)) return prefix;
  throw refusal(
    `Expected TOPIC_PREFIX to be at most 100 letters, digits, dots, dashes and underscores; ` +
      `found "${prefix}".`,
  );
}

/** A blank value counts as not set: it is what an unset variable of a script leaves. */
function given(env: Env, name: string): string | null {
  const value = env[name];
  return value === undefined || value === '' ? null : value;
}

function required(env: Env, name: string, what: string): string {
  const value = given(env, name);
  if (value !== null) return value;
  throw refusal(
    `Expected ${name} to be ${what}; it is not set. ` +
      'Set it, or start the local stack with: npm run stack -- up',
  );
}

function url(env: Env, name: string, protocols: readonly string[]): string {
  const value = required(env, name, `a URL starting with ${protocols[0] ?? ''}//`);
  if (URL.canParse(value) && protocols.includes(new URL(value).protocol))
    return value.replace(/\/$/, '');
  throw refusal(
    `Expected ${name} to be a URL starting with ${protocols.join('// or ')}//; ` +
      `found "${withoutPassword(value)}".`,
  );
}

/** The sentence goes into logs. A password may hold any letter, so all up to the last @ goes. */
function withoutPassword(value: string): string {
  return value
    .replace(/^((?:[^:@]*:\/\/)?[^:@]*):.*@/s, '$1:…@')
    .replace(/([?&]password=)[^&]*/g, '$1…');
}

/** Node's `fetch` refuses an address with credentials, each time and with the password in words. */
function registryUrl(env: Env): string {
  const text = url(env, 'SCHEMA_REGISTRY_URL', ['http:', 'https:']);
  const { username, password } = new URL(text);
  if (username === '' && password === '') return text;
  throw refusal(
    'Expected SCHEMA_REGISTRY_URL without user name and password, which are not sent; found them ' +
      'in it. Take them out, and let a proxy before the registry ask for them.',
  );
}

/** As the client of Postgres reads it; that would fail later, or silently mean something else. */
const sslModes = ['disable', 'verify-full', 'no-verify', 'prefer', 'require', 'verify-ca'];

function databaseUrl(env: Env, name: string): string {
  const text = url(env, name, ['postgres:', 'postgresql:']);
  const { searchParams } = new URL(text);
  const sslMode = searchParams.get('sslmode');
  if (sslMode !== null && !sslModes.includes(sslMode)) {
    throw refusal(
      `Expected sslmode in ${name} to be one of ${sslModes.join(', ')}; found "${sslMode}".`,
    );
  }
  for (const part of ['sslrootcert', 'sslcert', 'sslkey']) {
    const path = searchParams.get(part);
    if (path !== null) fileText(`${part} in ${name}`, path);
  }
  try {
    // Made for its reading of the address alone; it is never connected.
    void new pg.Client(text);
  } catch (cause) {
    throw refusal(
      `Expected ${name} to be an address that the client of Postgres can read; found ` +
        `"${withoutPassword(text)}" (${(cause as Error).message}). Write a % in a name or a ` +
        'password as %25.',
    );
  }
  return text;
}

function whole<Fallback extends number | null>(
  env: Env,
  name: string,
  fallback: Fallback,
  least: number,
  most: number,
): number | Fallback {
  const text = given(env, name);
  if (text === null) return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw refusal(`Expected ${name} to be a whole number from ${least} to ${most}; found "${text}".`);
}

/** The first value is the default. */
function oneOf<const Values extends readonly [string, ...string[]]>(
  env: Env,
  name: string,
  values: Values,
): Values[number] {
  const text = given(env, name);
  if (text === null) return values[0];
  const found = values.find((value) => value === text);
  if (found !== undefined) return found;
  throw refusal(`Expected ${name} to be one of ${values.join(', ')}; found "${text}".`);
}

/** The text of the file that a variable names. Throws CONFIGURATION with one sentence. */
export function fileText(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw refusal(
      `Expected ${name} to name a readable file; "${path}" could not be read ` +
        `(${(cause as Error).message}).`,
    );
  }
}

function refusal(sentence: string): RuntimeError {
  return new RuntimeError('CONFIGURATION', sentence, { retryable: false });
}
