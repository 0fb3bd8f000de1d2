/**
 * Registration into an empty registry, and what it says when the registry misbehaves. The registry
 * behind it is the real one: a front gives each test subjects that nobody has written to.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ContractError, subjectOf } from '@polytraders/contracts';
import { releases } from '@polytraders/contracts/releases';
import { RuntimeError } from '@polytraders/runtime';
import { testStack, uniquePrefix } from '@polytraders/testkit';

import { registerSchemas, schemaDrift } from './registry.ts';

type Asked = { readonly method: string; readonly path: string };

/** Answers itself, or returns false: then the real registry does. */
type Interception = (asked: Asked, response: ServerResponse) => boolean;

let prefix = uniquePrefix();
let realUrl = '';
let front: Server;
let frontUrl = '';
let asked: Asked[] = [];
let intercept: Interception = () => false;

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const text = await textOf(request);
  const one = { method: request.method ?? '', path: request.url ?? '' };
  asked.push(one);
  if (intercept(one, response)) return;
  const path = one.path.replace(/^\/(subjects|config)\//, `/$1/${prefix}`);
  const real = await fetch(`${realUrl}${path}`, {
    method: one.method,
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    ...(text === '' ? {} : { body: text }),
  });
  response.writeHead(real.status, { 'content-type': 'application/json' });
  response.end(await real.text());
}

beforeAll(async () => {
  realUrl = (await testStack()).SCHEMA_REGISTRY_URL;
  front = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  frontUrl = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
}, 120_000);

/** The registry of the tests keeps everything for ever otherwise. */
async function forget(): Promise<void> {
  const all = (await (await fetch(`${realUrl}/subjects`)).json()) as readonly string[];
  for (const subject of all.filter((each) => each.startsWith(prefix))) {
    await fetch(`${realUrl}/subjects/${encodeURIComponent(subject)}`, { method: 'DELETE' });
  }
}

afterAll(async () => {
  front.closeAllConnections();
  await new Promise((resolve) => front.close(resolve));
  await forget();
});

beforeEach(() => {
  asked = [];
  intercept = () => false;
});

/** Whether a version is sent: what goes wrong below goes wrong there. */
function isRegistration({ method, path }: Asked): boolean {
  return method === 'POST' && path.endsWith('/versions');
}

async function failureOf(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => new Error('It did not fail.'),
    (error: unknown) => error as Error,
  );
}

describe('an empty registry', () => {
  test('gets each version under its full name, the level of the subject first', async () => {
    expect(await schemaDrift(frontUrl)).toHaveLength(new Set(subjects()).size + releases().length);
    asked = [];
    await registerSchemas(frontUrl);
    expect(asked.filter(isRegistration).map(({ path }) => path)).toEqual(
      subjects().map((subject) => `/subjects/${subject}/versions`),
    );
    for (const subject of new Set(subjects())) {
      const writes = asked.filter(
        ({ method, path }) =>
          (method === 'PUT' && path === `/config/${subject}`) ||
          (method === 'POST' && path === `/subjects/${subject}/versions`),
      );
      expect(writes.map(({ method }) => method)).toContain('POST');
      expect(writes[0]?.method).toBe('PUT');
    }
    expect(await schemaDrift(frontUrl)).toEqual([]);
  }, 120_000);

  test('a second time is sent nothing', async () => {
    await registerSchemas(frontUrl);
    expect(
      asked.filter(({ method, path }) => method === 'PUT' || isRegistration({ method, path })),
    ).toEqual([]);
  }, 120_000);
});

describe('a subject of ours with a schema of somebody else', () => {
  const subject = subjectOf('FillConfirmed');

  async function onRegistry(method: string, path: string, body: object): Promise<void> {
    const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
    const init = { method, headers, body: JSON.stringify(body) };
    expect((await fetch(`${frontUrl}${path}`, init)).status).toBe(200);
  }

  test('differs, with the version that is no release, and stays so', async () => {
    const release = releases().find(({ type }) => type === 'FillConfirmed');
    const schema = release?.schema.replace('"scale":6', '"scale":5') ?? '';
    expect(schema).not.toBe(release?.schema);
    await onRegistry('PUT', `/config/${subject}`, { compatibility: 'NONE' });
    await onRegistry('POST', `/subjects/${subject}/versions`, { schema });
    await registerSchemas(frontUrl);
    const [expected, found] = ['released versions only', 'version 2 of somebody else'];
    expect(await schemaDrift(frontUrl)).toEqual([
      { subject, version: 2, expected, found, mendable: false },
    ]);
  }, 60_000);
});

test('an address without its path is refused: everything would be missing there', async () => {
  const error = await failureOf(schemaDrift(new URL(realUrl).origin));
  expect(error).toMatchObject({ code: 'REGISTRY_OUTAGE', retryable: false });
  expect(error.message).toContain('give SCHEMA_REGISTRY_URL its path');
});

describe('a registry that refuses', () => {
  const [first] = releases();
  const what = `version 1 of ${first === undefined ? '' : subjectOf(first.type)}`;

  beforeEach(async () => {
    await forget();
    prefix = uniquePrefix();
  });

  function sayOnRegistration(status: number, body: object): void {
    intercept = (one, response) => {
      if (!isRegistration(one)) return false;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
      return true;
    };
  }

  test('says of two versions that they do not go together: a contract is broken', async () => {
    sayOnRegistration(409, { error_code: 409, message: 'reader lacks a default' });
    const error = await failureOf(registerSchemas(frontUrl));
    expect(error).toBeInstanceOf(ContractError);
    expect(error.message).toContain(`Expected the registry to take ${what}`);
    expect(error.message).toContain('reader lacks a default');
  });

  test('fails inside: an outage, with its own words', async () => {
    sayOnRegistration(403, { error_code: 40301, message: 'this user may only read' });
    const error = await failureOf(registerSchemas(frontUrl));
    expect(error).toMatchObject({ name: 'RuntimeError', code: 'REGISTRY_OUTAGE' });
    expect(error.message).toContain(`to take ${what}; it did not`);
    expect(error.message).toContain('this user may only read');
  });

  test('never answers: an outage after its time limit, and the connection is closed', async () => {
    let closed: () => void = () => undefined;
    const isClosed = new Promise<void>((resolve) => {
      closed = resolve;
    });
    intercept = (one, response) => {
      if (!isRegistration(one)) return false;
      response.once('close', closed);
      return true;
    };
    const error = await failureOf(registerSchemas(frontUrl, 300));
    expect(error).toBeInstanceOf(RuntimeError);
    expect(error).toMatchObject({ code: 'REGISTRY_OUTAGE', retryable: true });
    expect(error.message).toContain('Timeout (300ms)');
    await isClosed;
  });

  test('has a subject at another level meanwhile: nothing is sent to it', async () => {
    intercept = ({ method, path }, response) => {
      if (method !== 'GET' || !path.startsWith('/config/') || asked.length === 1) return false;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ compatibilityLevel: asked.length < 3 ? 'X' : 'BACKWARD' }));
      return true;
    };
    const error = await failureOf(registerSchemas(frontUrl));
    expect(error).toMatchObject({ code: 'REGISTRY_OUTAGE' });
    expect(error.message).toContain('FULL_TRANSITIVE != BACKWARD');
    expect(asked.some(isRegistration)).toBe(false);
  });
});

function subjects(): readonly string[] {
  return [...Map.groupBy(releases(), ({ type }) => subjectOf(type))].flatMap(([subject, list]) =>
    list.map(() => subject),
  );
}
