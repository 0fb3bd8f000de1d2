import { hostname } from 'node:os';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { type RuntimeError } from '../errors.ts';
import { configFromEnv } from './config.ts';
import { kafkaConfig } from './servers.ts';

type Env = Readonly<Record<string, string | undefined>>;

const least: Env = {
  KAFKA_BROKERS: '127.0.0.1:9092',
  SCHEMA_REGISTRY_URL: 'http://127.0.0.1:8081/apis/ccompat/v7',
  DATABASE_URL: 'postgres://books@127.0.0.1:5432/books',
};
const root = new URL('../../../../', import.meta.url);
const thisFile = fileURLToPath(import.meta.url);
const credentials: Env = {
  KAFKA_SASL_MECHANISM: 'scram-sha-512',
  KAFKA_SASL_USERNAME: 'books',
  KAFKA_SASL_PASSWORD: 'a:b@c, d',
};

function refusalOf(change: Env): RuntimeError {
  try {
    configFromEnv({ ...least, ...change });
  } catch (error) {
    return error as RuntimeError;
  }
  throw new Error(`${JSON.stringify(change)} was taken.`);
}

describe('the settings of a service', () => {
  test('are three at the least; the others have defaults', () => {
    const { workerId, ...config } = configFromEnv(least);
    expect(workerId.startsWith(`${hostname()}-${process.pid}-`)).toBe(true);
    expect(config).toMatchObject({
      kafka: { brokers: ['127.0.0.1:9092'], sasl: null, ssl: null },
      registryUrl: least['SCHEMA_REGISTRY_URL'],
      databaseUrl: least['DATABASE_URL'],
      databaseOwnerUrl: null,
      topicPrefix: '',
      mode: 'general_live',
      version: null,
      publishes: true,
      httpPort: 0,
      sessionTimeoutMs: 30_000,
      maxInFlight: 500,
      logLevel: 'info',
    });
  });

  test('have the defaults that the page of the settings names', () => {
    const page = readFileSync(new URL('docs/operations/running.md', root), 'utf8');
    const config = configFromEnv(least);
    const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| (?:(\d+)|`(\w+)`)[ :]/gm)];
    expect(rows.map(([, name]) => name)).toContain('FETCH_MAX_BYTES');
    for (const [, name = '', number, word] of rows) {
      const field = name
        .toLowerCase()
        .replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
      const found = { ...config, workerSlots: config.slots }[field];
      if (found === undefined) continue;
      expect([name, found]).toEqual([name, number === undefined ? word : Number(number)]);
    }
  });

  test('that are blank count as not set, all of them', () => {
    const optional = [
      ...['TOPIC_PREFIX', 'MODE', 'PROJECTION_VERSION', 'PUBLISH', 'WORKER_SLOTS', 'HTTP_PORT'],
      ...['SESSION_TIMEOUT_MS', 'MAX_IN_FLIGHT', 'MAX_PENDING_RECORDS', 'MAX_PUBLISH_ENTRIES'],
      ...['FETCH_MAX_BYTES', 'LOG_LEVEL', 'KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME'],
      ...['KAFKA_SASL_PASSWORD', 'KAFKA_SSL', 'KAFKA_SSL_CA_FILE', 'WORKER_ID'],
    ];
    const blank = Object.fromEntries(optional.map((name) => [name, '']));
    expect(configFromEnv({ ...least, ...blank })).toEqual(configFromEnv(least));
  });

  test('may name the owner of the tables, and name it wrongly', () => {
    const DATABASE_OWNER_URL = 'postgres://owner@127.0.0.1:5432/books';
    const config = configFromEnv({ ...least, DATABASE_OWNER_URL });
    expect(config.databaseOwnerUrl).toBe(DATABASE_OWNER_URL);
    expect(refusalOf({ DATABASE_OWNER_URL: 'mysql://owner:word@host/books' }).message).toBe(
      'Expected DATABASE_OWNER_URL to be a URL starting with postgres:// or postgresql://; ' +
        'found "mysql://owner:…@host/books".',
    );
  });

  test('may be lists and have blanks and slashes at their ends', () => {
    const { kafka, registryUrl } = configFromEnv({
      ...least,
      KAFKA_BROKERS: 'one.example:9092, two.example:9093',
      SCHEMA_REGISTRY_URL: 'https://registry.example/apis/ccompat/v7/',
    });
    expect(kafka.brokers).toEqual(['one.example:9092', 'two.example:9093']);
    expect(registryUrl).toBe('https://registry.example/apis/ccompat/v7');
  });

  test('may hold a password with any letter, as the client of Postgres takes it', () => {
    const DATABASE_URL = 'postgres://books:1%!%40%2F@db.example/books?sslmode=verify-full';
    expect(configFromEnv({ ...least, DATABASE_URL }).databaseUrl).toBe(DATABASE_URL);
  });

  test('of Kafka security reach the connection as they are written', () => {
    const secured = { ...least, ...credentials, KAFKA_SSL: 'yes', KAFKA_SSL_CA_FILE: thisFile };
    const { brokers, sasl, ssl } = kafkaConfig(configFromEnv(secured).kafka);
    expect(brokers).toEqual(['127.0.0.1:9092']);
    expect(sasl).toEqual({
      mechanism: 'scram-sha-512',
      username: 'books',
      password: 'a:b@c, d',
    });
    expect((ssl as { readonly ca: string }).ca).toContain('reach the connection as they are');
    expect(kafkaConfig(configFromEnv({ ...least, KAFKA_SSL: 'yes' }).kafka).ssl).toBe(true);
    expect(kafkaConfig(configFromEnv(least).kafka)).toEqual({ brokers: ['127.0.0.1:9092'] });
  });
});

describe('a setting that cannot be', () => {
  const brokers = 'Expected KAFKA_BROKERS to be a list of host:port; found';
  const start = 'Set it, or start the local stack with: npm run stack -- up';
  const cases: readonly (readonly [change: Env, sentence: string])[] = [
    [
      { KAFKA_BROKERS: undefined },
      'Expected KAFKA_BROKERS to be a list of host:port, such as 127.0.0.1:9092; it is not set. ' +
        start,
    ],
    [{ KAFKA_BROKERS: 'broker' }, `${brokers} "broker" in it.`],
    [{ KAFKA_BROKERS: 'one:9092,,two:9092' }, `${brokers} "" in it.`],
    [{ KAFKA_BROKERS: 'one:9092,two:0' }, `${brokers} "two:0" in it.`],
    [{ KAFKA_BROKERS: 'one:65536' }, `${brokers} "one:65536" in it.`],
    [{ KAFKA_BROKERS: 'kafka://one:9092' }, `${brokers} "kafka://one:9092" in it.`],
    [
      { SCHEMA_REGISTRY_URL: '' },
      `Expected SCHEMA_REGISTRY_URL to be a URL starting with http://; it is not set. ${start}`,
    ],
    [
      { SCHEMA_REGISTRY_URL: '127.0.0.1:8081' },
      'Expected SCHEMA_REGISTRY_URL to be a URL starting with http:// or https://; ' +
        'found "127.0.0.1:8081".',
    ],
    [
      { DATABASE_URL: 'mysql://books:swordfish@db.example/books' },
      'Expected DATABASE_URL to be a URL starting with postgres:// or postgresql://; ' +
        'found "mysql://books:…@db.example/books".',
    ],
    [
      { SCHEMA_REGISTRY_URL: 'https://bob:s3cret@registry.example/apis/ccompat/v7' },
      'Expected SCHEMA_REGISTRY_URL without user name and password, which are not sent; found ' +
        'them in it. Take them out, and let a proxy before the registry ask for them.',
    ],
    [
      { SCHEMA_REGISTRY_URL: 'ftp://bob:s3/cr:et@registry.example' },
      'Expected SCHEMA_REGISTRY_URL to be a URL starting with http:// or https://; ' +
        'found "ftp://bob:…@registry.example".',
    ],
    [
      { DATABASE_URL: 'postgres://u:s3/cr:et@h:70000/d' },
      'Expected DATABASE_URL to be a URL starting with postgres:// or postgresql://; ' +
        'found "postgres://u:…@h:70000/d".',
    ],
    [
      { DATABASE_URL: 'postgres://u:secret@h/%E0?password=other' },
      'Expected DATABASE_URL to be an address that the client of Postgres can read; found ' +
        '"postgres://u:…@h/%E0?password=…" (URI malformed). Write a % in a name or a password ' +
        'as %25.',
    ],
    [
      { DATABASE_URL: 'postgres://h/%E0%A4%A' },
      'Expected DATABASE_URL to be an address that the client of Postgres can read; found ' +
        '"postgres://h/%E0%A4%A" (URI malformed). Write a % in a name or a password as %25.',
    ],
    [
      { DATABASE_URL: 'postgres://h/d?sslmode=garbage' },
      'Expected sslmode in DATABASE_URL to be one of disable, verify-full, no-verify, prefer, ' +
        'require, verify-ca; found "garbage".',
    ],
    [
      { DATABASE_URL: 'postgres://db.example/books?sslmode=verify-full&sslrootcert=/no/ca.pem' },
      'Expected sslrootcert in DATABASE_URL to name a readable file; "/no/ca.pem" could not be ' +
        "read (ENOENT: no such file or directory, open '/no/ca.pem').",
    ],
    [
      { TOPIC_PREFIX: 'desk one.' },
      'Expected TOPIC_PREFIX to be at most 100 letters, digits, dots, dashes and underscores; ' +
        'found "desk one.".',
    ],
    [
      { MODE: 'live' },
      'Expected MODE to be one of general_live, limited_live, shadow_only; found "live".',
    ],
    [{ PUBLISH: 'false' }, 'Expected PUBLISH to be one of yes, no; found "false".'],
    [
      { LOG_LEVEL: 'trace' },
      'Expected LOG_LEVEL to be one of info, debug, warn, error, silent; found "trace".',
    ],
    [
      { KAFKA_SASL_MECHANISM: 'gssapi' },
      'Expected KAFKA_SASL_MECHANISM to be one of plain, scram-sha-256, scram-sha-512; ' +
        'found "gssapi".',
    ],
    [
      { ...credentials, KAFKA_SASL_USERNAME: undefined },
      'Expected KAFKA_SASL_USERNAME to be the user name for KAFKA_SASL_MECHANISM; ' +
        `it is not set. ${start}`,
    ],
    [
      { ...credentials, KAFKA_SASL_PASSWORD: '' },
      'Expected KAFKA_SASL_PASSWORD to be the password for KAFKA_SASL_MECHANISM; ' +
        `it is not set. ${start}`,
    ],
    [
      { ...credentials, KAFKA_SASL_MECHANISM: undefined },
      'Expected KAFKA_SASL_USERNAME to be left out while KAFKA_SASL_MECHANISM is not set; ' +
        'it is there. Set the other too.',
    ],
    [{ KAFKA_SSL: 'true' }, 'Expected KAFKA_SSL to be one of no, yes; found "true".'],
    [
      { KAFKA_SSL_CA_FILE: thisFile },
      'Expected KAFKA_SSL_CA_FILE to be left out while KAFKA_SSL is not yes; it is there. ' +
        'Set the other too.',
    ],
    [
      { KAFKA_SSL: 'yes', KAFKA_SSL_CA_FILE: '/no/ca.pem' },
      'Expected KAFKA_SSL_CA_FILE to name a readable file; "/no/ca.pem" could not be read ' +
        "(ENOENT: no such file or directory, open '/no/ca.pem').",
    ],
  ];

  test.each(cases)('%j is refused with its sentence', (change, sentence) => {
    const error = refusalOf(change);
    expect(error).toMatchObject({ code: 'CONFIGURATION', retryable: false, message: sentence });
  });

  const ranges: readonly (readonly [name: string, least: number, most: number])[] = [
    ['PROJECTION_VERSION', 1, 1_000_000],
    ['WORKER_SLOTS', 1, 12],
    ['HTTP_PORT', 0, 65_535],
    ['SESSION_TIMEOUT_MS', 6_000, 300_000],
    ['MAX_IN_FLIGHT', 1, 100_000],
    ['MAX_PENDING_RECORDS', 1, 1_000_000],
    ['MAX_PUBLISH_ENTRIES', 1, 100_000],
    ['FETCH_MAX_BYTES', 65_536, 67_108_864],
  ];

  test.each(ranges)('%s is a whole number from %d to %d, and written as one', (name, low, high) => {
    for (const text of [`${low - 1}`, `${high + 1}`, '1.5', '1e4', '0x10', ' 7', 'many']) {
      expect(refusalOf({ [name]: text }).message).toBe(
        `Expected ${name} to be a whole number from ${low} to ${high}; found "${text}".`,
      );
    }
    for (const text of [`${low}`, `${high}`]) configFromEnv({ ...least, [name]: text });
  });
});

describe('a service that does not start', () => {
  const program = fileURLToPath(new URL('small-service.fixture.ts', import.meta.url));

  function startWith(change: Env) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program], {
      env: { PATH: process.env['PATH'], ...least, ...change },
      encoding: 'utf8',
      timeout: 30_000,
    });
    return { status, stdout, stderr };
  }

  test('says why in one sentence and ends with code 2', () => {
    const message =
      'Expected MODE to be one of general_live, limited_live, shadow_only; found "live".';
    const { stdout, ...rest } = startWith({ MODE: 'live' });
    expect(rest).toEqual({ status: 2, stderr: `small-service did not start. ${message}\n` });
    // The line that the specification asks for, whatever LOG_LEVEL says.
    expect(JSON.parse(stdout)).toEqual({
      level: 50,
      time: expect.any(Number),
      service: 'small-service',
      event: 'ConfigError',
      code: 'CONFIGURATION',
      message,
    });
    expect(startWith({ KAFKA_BROKERS: undefined }).status).toBe(2);
  });

  test('for want of a server says which, as shortly', () => {
    expect(startWith({ DATABASE_URL: 'postgres://books@127.0.0.1:1/books' })).toEqual({
      status: 2,
      stdout: '',
      stderr:
        'small-service did not start. Postgres does not answer: ' +
        'connect ECONNREFUSED 127.0.0.1:1\n',
    });
  });
});
