/** The first step of every command, on a machine with Node and Docker, but without Java. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const path = mkdtempSync(join(tmpdir(), 'polytraders-path-'));

beforeAll(() => {
  symlinkSync(process.execPath, join(path, 'node'));
  writeFileSync(join(path, 'docker'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
});

afterAll(() => rmSync(path, { recursive: true }));

/** Runs a command of package.json the way npm does, with nothing but our folder in PATH. */
function run(flag: string, entry: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const words = [join(import.meta.dirname, 'bootstrap.mjs'), flag, entry, ...args];
  return spawnSync(process.execPath, words, { env: { PATH: path, ...env }, encoding: 'utf8' });
}

const noJava = /^Expected Java 17 or newer and Maven .*, found no openjdk.* and no maven: install/;
const kafkaAndRegistry = {
  KAFKA_BROKERS: '127.0.0.1:1',
  SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
};

describe('without Java', () => {
  test('suites that start local servers are refused, Docker or not', () => {
    const { status, stderr } = run('--own-servers', 'infra/checks/main.ts', ['all']);
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringMatching(noJava) });
    expect(stderr).toMatch(/install what is missing\.\n$/);
  });

  test('what takes containers goes on with Docker', () => {
    const { stderr } = run('--test-servers', 'infra/checks/main.ts', ['nothing']);
    expect(stderr).toMatch(/^Expected all, types, venue or faults/);
  });

  test('the local stack is not started, and the variables that spare it are named', () => {
    const { status, stderr } = run('--servers', 'infra/stack/main.ts', ['up']);
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringMatching(noJava) });
    expect(stderr).toMatch(/in KAFKA_BROKERS, SCHEMA_REGISTRY_URL and DATABASE_URL\.\n$/);
  });

  const elsewhere = ['--dir', import.meta.dirname];
  test.each([['--help'], ['status', ...elsewhere], ['--json', 'status', ...elsewhere]])(
    '%s is answered',
    (...args) => {
      const { stdout, stderr } = run('--servers', 'infra/stack/main.ts', args);
      expect({ stdout, stderr }).toEqual({ stdout: expect.stringMatching(/Postgres/), stderr: '' });
    },
  );

  test('topics need no more than Kafka and the registry', () => {
    const names = '--servers=KAFKA_BROKERS,SCHEMA_REGISTRY_URL';
    const given = run(names, 'infra/topics/main.ts', ['nothing'], kafkaAndRegistry);
    expect(given.stderr).toMatch(/^Expected plan, apply or drift/);
    const { stderr } = run(names, 'infra/topics/main.ts', ['plan'], { KAFKA_BROKERS: 'k:1' });
    expect(stderr).toMatch(/in KAFKA_BROKERS and SCHEMA_REGISTRY_URL\.\n$/);
  });
});

test('Maven is asked in a locale that knows every letter of a folder', () => {
  const tools = mkdtempSync(join(tmpdir(), 'polytraders-tools-'));
  const tool = (name: string, does: string) =>
    writeFileSync(join(tools, name), `#!/bin/sh\n${does}\n`, { mode: 0o755 });
  symlinkSync(process.execPath, join(tools, 'node'));
  tool('java', `echo 'openjdk version "17.0.1"'`);
  tool('mvn', '[ "$LC_ALL" = C.UTF-8 ]');
  const env = { PATH: tools, LC_ALL: 'C' };
  expect(run('--own-servers', 'infra/checks/main.ts', ['nothing'], env).stderr).toMatch(
    /^Expected all, types, venue or faults/,
  );
  rmSync(tools, { recursive: true });
});

test('an install lock without content, left by a command that was killed, is taken over', () => {
  const checkout = mkdtempSync(join(tmpdir(), 'polytraders-checkout-'));
  for (const name of ['infra', '.local']) mkdirSync(join(checkout, name));
  for (const name of ['infra/bootstrap.mjs', 'package.json', 'package-lock.json']) {
    copyFileSync(join(import.meta.dirname, '..', name), join(checkout, name));
  }
  const lock = join(checkout, '.local/install.lock');
  writeFileSync(lock, '');
  const words = [join(checkout, 'infra/bootstrap.mjs'), 'infra/doctor/main.ts'];
  const { status, stderr } = spawnSync(process.execPath, words, {
    env: { PATH: path },
    encoding: 'utf8',
  });
  // There is no npm in PATH: it has come as far as it can.
  expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringMatching(/npm ci failed/) });
  rmSync(checkout, { recursive: true });
});

test('a command whose npm has ended is told to end', async () => {
  const entry = join(path, 'waits.mjs');
  writeFileSync(
    entry,
    "process.on('SIGTERM', () => { console.log('told'); process.exit(); });\n" +
      "setTimeout(() => process.exit(), 40_000);\nconsole.log('waits');\n",
  );
  const bootstrap = join(import.meta.dirname, 'bootstrap.mjs');
  // The shell waits for its command, as npm's does, and like it tells it of no signal.
  const words = `"${process.execPath}" "${bootstrap}" "${entry}"; true`;
  const env = { ...process.env, npm_lifecycle_event: 'start' };
  const shell = spawn('/bin/sh', ['-c', words], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  await once(shell.stdout, 'data');
  shell.kill('SIGKILL');
  // The output is at its end once nobody is left that could write to it.
  expect(await text(shell.stdout)).toBe('told\n');
}, 60_000);

test('a command that a signal has ended could not run, which is no answer of its own', () => {
  const entry = join(path, 'ended.mjs');
  writeFileSync(entry, "process.kill(process.pid, 'SIGTERM');\n");
  const words = [join(import.meta.dirname, 'bootstrap.mjs'), entry];
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 2, stderr: `${entry} was ended by SIGTERM.\n` });
});
