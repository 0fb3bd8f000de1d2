import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { processTerminal } from './terminal.ts';

function terminalOn() {
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  return { ...streams, terminal: processTerminal(streams) };
}

const failure = (code: string) => Object.assign(new Error(`write ${code}`), { code });

test('a reader that has seen enough does not fail the command', () => {
  const { stdout, stderr, terminal } = terminalOn();
  for (const sink of [stdout, stderr]) sink.emit('error', failure('EPIPE'));
  terminal.out('more');
  expect(String(stdout.read())).toBe('more');
});

test('an answer that cannot be written is one sentence and exit code 2', () => {
  const main = new URL('main.ts', import.meta.url).pathname;
  const full = openSync('/dev/full', 'w');
  const { status, stderr } = spawnSync(process.execPath, [main, '--help'], {
    stdio: ['ignore', full, 'pipe'],
    encoding: 'utf8',
  });
  closeSync(full);
  expect(stderr).toMatch(/^Expected to write the answer; found ENOSPC[^\n]*\.\n$/);
  expect(status).toBe(2);
});

test('a question is answered where somebody types, by nothing where the input ends', async () => {
  const typing = (text: string | null) => {
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    if (text === null) stdin.end();
    else stdin.write(text);
    const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
    const terminal = processTerminal({ ...streams, stdin: stdin as unknown as NodeJS.ReadStream });
    return terminal.answer?.('Release it? ');
  };
  await expect(typing('yes\n')).resolves.toBe('yes');
  await expect(typing(null)).resolves.toBe('');
});

test('nobody is asked where no terminal is', () => {
  expect(terminalOn().terminal.answer).toBeUndefined();
});
