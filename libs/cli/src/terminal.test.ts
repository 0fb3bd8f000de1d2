import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { expect, jest, test } from '@jest/globals';
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

/** Somebody at a terminal who types the text; null ends the input. */
function typing(text: string | null) {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  if (text === null) stdin.end();
  else stdin.write(text);
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const terminal = processTerminal({ ...streams, stdin: stdin as unknown as NodeJS.ReadStream });
  return { ...streams, answer: terminal.answer?.('Release it? ') };
}

test('a question is answered where somebody types, by nothing where the input ends', async () => {
  await expect(typing('yes\n').answer).resolves.toBe('yes');
  await expect(typing(null).answer).resolves.toBe('');
});

test('a question is asked on the stderr that was handed in, and nowhere else', async () => {
  const real = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    const { stdout, stderr, answer } = typing('yes\n');
    await answer;
    expect(String(stderr.read())).toContain('Release it? ');
    expect(stdout.read()).toBeNull();
    expect(real).not.toHaveBeenCalled();
  } finally {
    real.mockRestore();
  }
});

test('nobody is asked where no terminal is', () => {
  expect(terminalOn().terminal.answer).toBeUndefined();
});
