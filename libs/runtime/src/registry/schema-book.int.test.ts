/** Real Postgres for the archive; the registry is a small one of our own, to be taken away. */

import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Codec } from '@polytraders/stream';
import { freshDatabase, type FreshDatabase } from '@polytraders/testkit';
import type pg from 'pg';
import { type RuntimeError } from '../errors.ts';
import { connect, pool } from '../postgres/database.ts';
import { migrate } from '../postgres/migrate.ts';
import { createSchemaBook, framed, type SchemaBook } from './schema-book.ts';

const applicationName = 'schema-book-test';
const never = new AbortController().signal;

/** Bodies are JSON; `secret` in one stands for bytes that do not decode. */
const codec: Codec = {
  schemaOf: (type) => JSON.stringify({ name: type, namespace: 'test' }),
  encode: (_type, value, room) =>
    Buffer.concat([Buffer.alloc(room), Buffer.from(JSON.stringify(value))]),
  decoderOf: (schema) => {
    const { name } = JSON.parse(schema) as { name: string };
    if (name === 'Foreign') throw new Error('No record of ours is called Foreign.');
    return (body) => {
      const text = Buffer.from(body).toString();
      if (text.includes('secret')) throw new Error('truncated buffer');
      return { type: name, value: JSON.parse(text) as object };
    };
  },
};

type Says = { readonly status: number; readonly body: unknown };
const unknownId: Says = { status: 404, body: { error_code: 40403, message: 'Schema not found' } };

let database: FreshDatabase;
let archive: pg.Pool;
let server: Server;
let registryUrl = '';
let asked: string[] = [];
let says: (path: string) => Says | 'nothing';
let outages: RuntimeError[] = [];
let book: SchemaBook;

function schema(name: string): Says {
  return { status: 200, body: { schema: codec.schemaOf(name) } };
}

function newBook(url = registryUrl): SchemaBook {
  const onOutage = (error: RuntimeError): void => void outages.push(error);
  return createSchemaBook({ registryUrl: url, codec, database: archive, onOutage });
}

beforeAll(async () => {
  database = await freshDatabase('schema_book');
  const client = await connect({ url: database.url, applicationName });
  await migrate(client, 'stream', fileURLToPath(new URL('../../sql/', import.meta.url)));
  await client.end();
  archive = pool({ url: database.url, applicationName });
}, 60_000);

afterAll(async () => {
  await archive.end();
  await database.drop();
});

beforeEach(async () => {
  asked = [];
  outages = [];
  says = () => unknownId;
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const answer = says(request.url ?? '');
    if (answer === 'nothing') return;
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  registryUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  book = newBook();
});

afterEach(async () => {
  book.close();
  await takeRegistryAway();
});

async function takeRegistryAway(): Promise<void> {
  server.closeAllConnections();
  if (server.listening) await new Promise((resolve) => server.close(resolve));
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe('an id that the registry does not know', () => {
  test('is waited for, said so each time, and read as soon as somebody registers it', async () => {
    says = () => (asked.length < 3 ? unknownId : schema('Fill'));
    await book.prepare([framed(7, json({ a: 1 }))], never);
    expect(asked).toEqual(['/schemas/ids/7', '/schemas/ids/7', '/schemas/ids/7']);
    expect(outages.map(({ code, retryable }) => [code, retryable])).toEqual([
      ['SCHEMA_UNKNOWN', true],
      ['SCHEMA_UNKNOWN', true],
    ]);
    expect(outages[0]?.message).toContain('Schema id 7 cannot be resolved');
    expect(outages[0]?.message).toContain('npm run topics -- apply');
    expect(book.decode(framed(7, json({ a: 1 })))).toEqual({ type: 'Fill', value: { a: 1 } });
  });

  test('keeps no other id from being resolved, however often it is asked for', async () => {
    const stopping = new AbortController();
    says = (path) => (path.endsWith('/9') ? schema('Fill') : unknownId);
    const waiting = Promise.all(
      [1, 2, 3, 4, 5, 6].map((id) => book.prepare([framed(id, json({}))], stopping.signal)),
    );
    while (outages.length < 6) await delay(10);
    await book.prepare([framed(9, json({}))], never);
    expect(outages.every(({ code }) => code === 'SCHEMA_UNKNOWN')).toBe(true);
    stopping.abort();
    await waiting;
  });

  test('is waited for no longer when the worker stops, and then is not decoded', async () => {
    const stopping = new AbortController();
    const waiting = book.prepare([framed(7, json({}))], stopping.signal);
    while (outages.length === 0) await delay(10);
    stopping.abort();
    await waiting;
    expect(book.decode(framed(7, json({})))).toEqual({ poison: 'Schema id 7 was not prepared.' });
  });

  test('of a record that is none of ours is waited for, too: newer code may read it', async () => {
    const stopping = new AbortController();
    says = () => schema('Foreign');
    const waiting = book.prepare([framed(8, json({}))], stopping.signal);
    while (outages.length === 0) await delay(10);
    stopping.abort();
    await waiting;
    expect(outages[0]?.message).toContain('No record of ours is called Foreign.');
  });
});

describe('a registry that is down', () => {
  test('is not needed for an id that was met before', async () => {
    says = () => schema('Fill');
    await book.prepare([framed(21, json({}))], never);
    await takeRegistryAway();
    const later = newBook();
    await later.prepare([framed(21, json({ a: 2 }))], never);
    expect(later.decode(framed(21, json({ a: 2 })))).toEqual({ type: 'Fill', value: { a: 2 } });
    expect(outages).toEqual([]);
    later.close();
  });

  test('is an outage by name, and the reason why stands in it', async () => {
    await takeRegistryAway();
    const stopping = new AbortController();
    const waiting = book.prepare([framed(22, json({}))], stopping.signal);
    while (outages.length === 0) await delay(10);
    stopping.abort();
    await waiting;
    expect(outages[0]).toMatchObject({ code: 'REGISTRY_OUTAGE', retryable: true });
    expect(outages[0]?.message).toContain(`The registry at ${registryUrl} does not answer`);
    expect(outages[0]?.message).toContain('ECONNREFUSED');
  });

  test('is asked no more by the breaker, until it may have come back', async () => {
    says = () => ({ status: 500, body: { error_code: 50001, message: 'no storage' } });
    const stopping = new AbortController();
    const waiting = Promise.all(
      [31, 32, 33, 34].map((id) => book.prepare([framed(id, json({}))], stopping.signal)),
    );
    while (!outages.some(({ message }) => message.includes('Breaker is open'))) await delay(10);
    const before = asked.length;
    await expect(book.announce(['Fill'])).rejects.toMatchObject({ code: 'REGISTRY_OUTAGE' });
    expect(asked).toHaveLength(before);
    says = () => schema('Fill');
    await waiting;
    for (const id of [31, 32, 33, 34]) {
      expect(book.decode(framed(id, json({})))).toEqual({ type: 'Fill', value: {} });
    }
    expect(stopping.signal.aborted).toBe(false);
  }, 30_000);

  test('and a wrong path in its address are told from an id that nobody knows', async () => {
    const stopping = new AbortController();
    says = () => ({ status: 404, body: 'Not found' });
    const waiting = book.prepare([framed(41, json({}))], stopping.signal);
    while (outages.length === 0) await delay(10);
    stopping.abort();
    await waiting;
    expect(outages[0]?.code).toBe('REGISTRY_OUTAGE');
    expect(outages[0]?.message).toContain('answered 404 to /schemas/ids/41');
  });

  test('that takes a request and never answers is given up after its time limit', async () => {
    says = () => 'nothing';
    const started = performance.now();
    await expect(book.announce(['Fill'])).rejects.toMatchObject({ code: 'REGISTRY_OUTAGE' });
    expect(performance.now() - started).toBeLessThan(10_000);
  }, 30_000);
});

describe('bytes that no schema can help', () => {
  test('are poison, and nobody is asked about them', async () => {
    const values = [null, Buffer.alloc(0), Buffer.from([0, 0, 0, 1]), Buffer.from('{"a":1}')];
    await book.prepare(values, never);
    expect(asked).toEqual([]);
    expect(values.map((value) => book.decode(value))).toEqual([
      { poison: 'The record has no value (a tombstone).' },
      ...[1, 2, 3].map(() => ({
        poison: 'The value does not start with the five bytes of the registry framing.',
      })),
    ]);
  });

  test('under their own schema are poison, and their neighbours are not', async () => {
    says = () => schema('Fill');
    const [good, bad] = [framed(51, json({ a: 1 })), framed(51, json('secret'))];
    await book.prepare([good, bad], never);
    expect(book.decode(bad)).toEqual({
      poison: 'The body does not decode under schema 51: truncated buffer',
    });
    expect(book.decode(good)).toEqual({ type: 'Fill', value: { a: 1 } });
    expect(asked).toEqual(['/schemas/ids/51']);
    expect(outages).toEqual([]);
  });
});

describe('what is written', () => {
  test('is framed with the id that the registry gave the type, asked once', async () => {
    says = () => ({ status: 200, body: { id: 1_234_567 } });
    await book.announce(['Fill']);
    await book.announce(['Fill']);
    expect(asked).toEqual(['/subjects/test.Fill']);
    const value = book.encode('Fill', { a: 1 });
    expect(value).toEqual(framed(1_234_567, json({ a: 1 })));
    expect([...value.subarray(0, 5)]).toEqual([0, 0, 0x12, 0xd6, 0x87]);
  });

  test('is refused while its type is not announced or registered, with what to do', async () => {
    expect(() => book.encode('Fill', {})).toThrow('were not announced before encoding');
    says = () => ({ status: 404, body: { error_code: 40401, message: 'Subject not found' } });
    const refusal = expect(book.announce(['Fill'])).rejects;
    await refusal.toMatchObject({
      code: 'SCHEMA_UNKNOWN',
      message:
        'The registry does not know /subjects/test.Fill. If it was never told, run: ' +
        'npm run topics -- apply',
    });
  });
});

describe('whoever may only read the database', () => {
  test('decodes what the archive does not have; a service that may not archive waits', async () => {
    const role = `t_reader_${database.name.split('_')[2] ?? ''}`;
    await archive.query(
      `CREATE ROLE ${role} LOGIN PASSWORD 'secret'; GRANT USAGE ON SCHEMA stream TO ${role};
       GRANT SELECT ON stream.schema_archive TO ${role}`,
    );
    const url = new URL(database.url);
    url.username = role;
    url.password = 'secret';
    const reads = pool({ url: url.href, applicationName }, 1);
    const onOutage = (error: RuntimeError): void => void outages.push(error);
    const config = { registryUrl, codec, database: reads, onOutage };
    const [reader, service] = [{ ...config, readsOnly: true }, config].map(createSchemaBook);
    says = () => schema('Fill');
    try {
      await reader?.prepare([framed(61, json({ a: 1 }))], never);
      expect(reader?.decode(framed(61, json({ a: 1 })))).toEqual({ type: 'Fill', value: { a: 1 } });
      expect(outages).toEqual([]);
      const stopping = new AbortController();
      const waiting = service?.prepare([framed(61, json({ a: 1 }))], stopping.signal);
      while (outages.length === 0) await delay(10);
      stopping.abort();
      await waiting;
      expect(outages[0]?.message).toContain('permission denied for table schema_archive');
    } finally {
      reader?.close();
      service?.close();
      await reads.end();
      await archive.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });
});
