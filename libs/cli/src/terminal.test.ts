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

test('any other failure to write is not passed over', () => {
  const { stdout } = terminalOn();
  expect(() => stdout.emit('error', failure('ENOSPC'))).toThrow('write ENOSPC');
});
