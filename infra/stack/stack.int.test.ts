import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createServer } from 'node:net';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { repositoryRoot, type ServerEnv } from './layout.ts';
import { rememberedPorts } from './ports.ts';
import { component, startStack, statusStack, stopStack } from './stack.ts';

/** A stack of this suite's own, killed, frozen and wiped here; named as people name folders. */
const dir = join(repositoryRoot, '.local/stäck test');
const names = ['postgres', 'kafka', 'registry'] as const;

async function statesOf() {
  return Object.fromEntries((await statusStack(dir)).map((one) => [one.name, one.state]));
}

async function registerSchema(env: ServerEnv): Promise<number> {
  const schema = JSON.stringify({ type: 'record', name: 'Kept', fields: [] });
  const answer = await fetch(`${env.SCHEMA_REGISTRY_URL}/subjects/kept/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema }),
  });
  return ((await answer.json()) as { id: number }).id;
}

async function query(env: ServerEnv, sql: string): Promise<readonly object[]> {
  const client = new pg.Client({ connectionString: env.DATABASE_URL });
  await client.connect();
  const { rows } = await client.query<object>(sql);
  await client.end();
  return rows;
}

describe('the local stack', () => {
  let env: ServerEnv;
  const said: string[] = [];
  const say = (sentence: string) => void said.push(sentence);

  beforeAll(async () => {
    await stopStack({ dir, wipe: true });
    env = await startStack({ dir, say });
  }, 180_000);

  afterAll(async () => {
    await stopStack({ dir, wipe: true });
  }, 60_000);

  test('answers on all three servers, and its addresses stand in stack.env', async () => {
    expect(await statesOf()).toEqual({ postgres: 'up', kafka: 'up', registry: 'up' });
    const lines = Object.entries(env).map(([name, value]) => `${name}=${value}\n`);
    expect(await readFile(join(dir, 'stack.env'), 'utf8')).toBe(
      [`# The stack in ${dir}\n`, ...lines].join(''),
    );
  });

  test('started twice at once is one stack', async () => {
    const before = names.map((name) => component(dir, name).pid());
    const both = await Promise.all([startStack({ dir }), startStack({ dir })]);
    expect(both).toEqual([env, env]);
    expect(names.map((name) => component(dir, name).pid())).toEqual(before);
  });

  test('that a crash took down comes back on its data: ports, rows and schema ids', async () => {
    const id = await registerSchema(env);
    await query(env, 'CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)');
    for (const name of names) await component(dir, name).kill('SIGKILL');
    const crashed = 'crashed';
    expect(await statesOf()).toEqual({ postgres: crashed, kafka: crashed, registry: crashed });

    said.length = 0;
    expect(await startStack({ dir, say })).toEqual(env);
    expect(said.join('\n')).toMatch(/Postgres 18 had ended without being told to/);
    expect(await query(env, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
    const schema = await fetch(`${env.SCHEMA_REGISTRY_URL}/schemas/ids/${id}`);
    expect(await schema.text()).toContain('Kept');
    expect(await registerSchema(env)).toBe(id);
  }, 120_000);

  test('with one server frozen says so, and clears it at the next start', async () => {
    const frozen = component(dir, 'registry').pid();
    await component(dir, 'registry').kill('SIGSTOP');
    // A thread that is running may answer once more before the signal has reached it.
    while ((await statesOf())['registry'] === 'up') await sleep(50);
    expect(await statesOf()).toEqual({ postgres: 'up', kafka: 'up', registry: 'hanging' });

    said.length = 0;
    await startStack({ dir, say });
    expect(said.join('\n')).toMatch(/Registry .* was left running .* does not answer; clearing/);
    expect(await statesOf()).toEqual({ postgres: 'up', kafka: 'up', registry: 'up' });
    expect(component(dir, 'registry').pid()).not.toBe(frozen);
  }, 120_000);

  test('is left alone by a stack whose folder was copied from it', async () => {
    const copy = `${dir}-copy`;
    await cp(join(dir, 'run'), join(copy, 'run'), { recursive: true });
    expect(await stopStack({ dir: copy })).toEqual({ stopped: [] });
    await rm(copy, { recursive: true });
    expect(await statesOf()).toEqual({ postgres: 'up', kafka: 'up', registry: 'up' });
  });

  test('whose process files are lost is found, and started anew on its data', async () => {
    const before = names.map((name) => component(dir, name).pid());
    await rm(join(dir, 'run/postgres.json'));
    await rm(join(dir, 'run/registry.json'));
    await writeFile(join(dir, 'run/kafka.json'), '{"pid":');
    expect(names.map((name) => component(dir, name).pid())).toEqual(before);
    expect(await statesOf()).toEqual({ postgres: 'up', kafka: 'up', registry: 'up' });

    said.length = 0;
    expect(await startStack({ dir, say })).toEqual(env);
    for (const pid of before) {
      expect(said.join('\n')).toContain(`(process ${pid}), but the file that says so is lost`);
    }
    expect(await query(env, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
    expect(await statesOf()).toEqual({ postgres: 'up', kafka: 'up', registry: 'up' });
  }, 120_000);

  test('gives back one server after another, as fault tests take them away', async () => {
    await component(dir, 'postgres').kill('SIGKILL');
    expect(component(dir, 'postgres').isRunning()).toBe(false);
    await component(dir, 'postgres').start();
    expect(await query(env, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
    await component(dir, 'kafka').stop();
    await component(dir, 'kafka').start();
    expect(await statesOf()).toMatchObject({ postgres: 'up', kafka: 'up' });
    // The registry opens new connections to the Postgres that came back.
    expect((await fetch(`${env.SCHEMA_REGISTRY_URL}/subjects/kept/versions`)).status).toBe(200);
  }, 120_000);

  test('takes another port where its own was taken while it was down', async () => {
    await stopStack({ dir });
    expect(await statesOf()).toEqual({ postgres: 'down', kafka: 'down', registry: 'down' });
    const { postgres } = await rememberedPorts(dir);
    const intruder = createServer().listen(postgres, '127.0.0.1');
    const moved = await startStack({ dir });
    intruder.close();
    expect(moved.DATABASE_URL).not.toBe(env.DATABASE_URL);
    expect(moved.KAFKA_BROKERS).toBe(env.KAFKA_BROKERS);
    expect(await query(moved, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
    expect(await registerSchema(moved)).toBeGreaterThan(0);
  }, 120_000);
});
