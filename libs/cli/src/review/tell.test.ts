/** A reviewed command that was refused before is judged once more by the same words. */

import { expect, test } from '@jest/globals';
import { type Written } from '../ledger-command.ts';
import { judgedAnew } from './tell.ts';

const record = (sha256: string, isNew: boolean): Written => ({
  commandId: 'cmd_1',
  isNew,
  at: 1,
  sha256,
});

async function judged(first: Written, answer: string | null, second: string | null) {
  const writes: string[] = [];
  const found = await judgedAnew<string>(
    { written: first, answer },
    () => {
      writes.push('anew');
      return Promise.resolve(record('anew', true));
    },
    () => Promise.resolve(second),
    (one) => one === 'refused',
  );
  return { sha256: found.written.sha256, answer: found.answer, writes };
}

test.each([
  ['refused before is written anew, and the new answer counts', 'old', 'refused', 'done', 'anew'],
  ['refused before and not answered now has no answer', 'old', 'refused', null, 'anew'],
])('%s', async (_, name, answer, second, sha256) => {
  const found = await judged(record(name, false), answer, second);
  expect(found).toEqual({ sha256, answer: second, writes: ['anew'] });
});

test.each([
  ['that was refused now is written once', true, 'refused'],
  ['that was done before is not written again', false, 'done'],
  ['that nobody has answered is not written again', false, null],
])('a command %s', async (_, isNew, answer) => {
  const found = await judged(record('first', isNew), answer, 'done');
  expect(found).toEqual({ sha256: 'first', answer, writes: [] });
});
