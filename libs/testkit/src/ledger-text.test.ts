import { describe, expect, test } from '@jest/globals';
import { type LedgerGrammar, parseLedgerText } from './ledger-text.ts';

const grammar: LedgerGrammar = {
  given: { fill: ['BUY', 'SELL', 'fee', 'fee source'] },
  apply: { fill: ['BUY', 'SELL', 'fee', 'fee source'] },
  emitted: { report: ['realised'], none: [] },
  after: { position: ['shares'] },
};

describe('ledger text', () => {
  test('is sections of lines, a line a verb with its subject and clauses', () => {
    const text = parseLedgerText(
      '; A comment.\n#apply\n  fill f1, BUY 100 YES at 0.50, fee source CHAIN, fee 1\n' +
        '#emitted\n none\n#after\n',
      grammar,
    );
    expect(text.apply[0]).toEqual({
      at: 3,
      verb: 'fill',
      subject: 'f1',
      clauses: new Map([
        ['BUY', '100 YES at 0.50'],
        ['fee source', 'CHAIN'],
        ['fee', '1'],
      ]),
    });
    expect(text.emitted[0]?.verb).toBe('none');
    expect(text.given).toEqual([]);
  });

  test.each([
    ['#apply\n#before\n', 'line 2: #before is no section'],
    ['#apply\nfills f1\n#after\n', 'line 2: "fills" is unknown in #apply'],
    ['#apply\nfill f1, feee 1\n#after\n', 'line 2: "feee 1" has no known tag'],
    ['#apply\nfill f1, fee 1, fee 2\n#after\n', 'line 2: "fee" stands twice'],
    ['#after\n#apply\n', 'line 2: #apply stands after #after'],
    ['#apply\n#apply\n', 'line 2: #apply stands after #apply'],
    ['fill f1\n', 'line 1: a section comes first'],
    ['#apply\n', '#after is missing'],
    ['#after\n', '#apply is missing'],
  ])('refuses %j', (text, because) => {
    expect(() => parseLedgerText(text, grammar)).toThrow(because);
  });
});
