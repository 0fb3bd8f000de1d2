/** Every command, asked for what it does not have: one sentence, exit code 2, nothing done. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

/** Whoever went on all the same would meet these, and say so in another sentence. */
const nowhere = {
  KAFKA_BROKERS: '127.0.0.1:1',
  SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
  DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
};
const noFolder = join(import.meta.dirname, 'no-such-folder');

test.each(['doctor', 'stack', 'topics', 'start', 'checks'])('%s says what it takes', (command) => {
  const main = join(import.meta.dirname, command, 'main.ts');
  const args = command === 'checks' ? ['all', '--help'] : ['--help'];
  const { status, stdout } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining('npm ') });
});

test.each([
  ['doctor', ['--bogus'], /--bogus/],
  ['doctor', ['kafka'], /kafka/],
  ['stack', [], /Expected up, down or status, found nothing;/],
  ['stack', ['up', 'down'], /Expected up, down or status, found "up down";/],
  ['stack', ['status', '--wipe'], /Expected --wipe with down only, found it with status;/],
  ['stack', ['status', '--test', '--dir', 'x'], /Expected --test or --dir, found both;/],
  ['stack', ['down', '--dir', noFolder], /Expected a stack in .*no-such-folder, found no such/],
  [
    'stack',
    ['up', '--dir', `${import.meta.filename}/x`],
    /Expected a folder for the stack at .*, found E/,
  ],
  ['topics', ['plan', 'drift'], /Expected plan, apply or drift, found "plan drift";/],
  ['start', ['--input', noFolder], /Expected a file at .*no-such-folder, found none:/],
  ['start', ['--input', import.meta.dirname], /Expected a file at .*, found a folder:/],
  ['start', ['--input', '/dev/null'], /Expected a file at \/dev\/null, found no plain file:/],
  ['start', ['--input', ''], /Expected the name of a file, found a blank one/],
  ['start', ['--input', import.meta.filename, '--fee', 'none'], /'--fee .*'none' is invalid/],
  ['start', ['--input', import.meta.filename, '--account', '0x1'], /Expected 0x and 40 hex digits/],
  [
    'start',
    ['--logs', import.meta.filename],
    /Expected a folder for the services' logs at .*, found E.*: name/,
  ],
  ['checks', ['everything'], /Expected all, types, venue or faults, found everything/],
  ['../test/tidy/freeze.ts', ['--help'], /Expected no arguments, found --help/],
])('%s %j', (command, args, sentence) => {
  const main = join(import.meta.dirname, command.endsWith('.ts') ? command : `${command}/main.ts`);
  const env = { ...process.env, ...nowhere };
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    env,
    encoding: 'utf8',
  });
  expect({ status, stdout, lines: stderr.trim().split('\n').length }).toEqual({
    status: 2,
    stdout: '',
    lines: 1,
  });
  expect(stderr).toMatch(sentence);
  expect(existsSync(noFolder)).toBe(false);
});

test('npm start with a wrong setting starts no server', () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, 'start/main.ts')],
    {
      env: { ...process.env, ...nowhere, DATABASE_URL: '', MODE: 'bogus' },
      encoding: 'utf8',
    },
  );
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: expect.stringMatching(/^Expected MODE to be one of [^\n]*\n$/),
  });
});
