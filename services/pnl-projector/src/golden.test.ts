/**
 * The goldens of golden/*.ledger. Every emitted line must be expected, in order; every position and
 * lot after it too. A clause that a line does not mention is not asserted.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type LedgerLine, parseLedgerText } from '@polytraders/testkit';
import { grammar, play, type Words } from './golden.fixture.ts';

const folder = `${import.meta.dirname}/golden`;
const names = readdirSync(folder).filter((name) => name.endsWith('.ledger'));

describe('the ledger reads as an accountant expects', () => {
  test.each(names)('%s', (name) => {
    const text = parseLedgerText(readFileSync(`${folder}/${name}`, 'utf8'), grammar);
    const { emitted, after } = play(text);
    expectLines(text.emitted, emitted);
    for (const verb of ['position', 'lot']) {
      expectLines(
        text.after.filter((line) => line.verb === verb),
        after.filter((of) => of.verb === verb),
      );
    }
    for (const line of text.after.filter((of) => of.verb === 'wallet')) {
      expectLines(
        [line],
        after.filter((of) => of.verb === 'wallet' && of.subject === line.subject),
      );
    }
  });
});

function expectLines(expected: readonly LedgerLine[], found: readonly Words[]): void {
  expect(found.map((of) => `${of.verb} ${of.subject}`)).toEqual(
    expected.map((line) => `${line.verb} ${line.subject}`),
  );
  expected.forEach((line, index) => {
    const says = found[index]?.says ?? {};
    const asked = Object.fromEntries([...line.clauses.keys()].map((tag) => [tag, says[tag]]));
    expect({ line: line.at, ...asked }).toEqual({
      line: line.at,
      ...Object.fromEntries(line.clauses),
    });
  });
}
