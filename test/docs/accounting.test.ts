import { describe, expect, test } from '@jest/globals';

import { blocksOf, pageAt, pagesIn } from './pages.ts';
import { examplesOf, executed } from './worked-example.ts';

const folder = 'docs/accounting';
const rules = pagesIn(folder).filter(({ path }) => !path.endsWith('/README.md'));
const index = pageAt(`${folder}/README.md`);

describe('every number on a page of the rules is what the code answers', () => {
  test.each(rules.map((page) => [page.path, page] as const))('%s', (path, page) => {
    const checked = examplesOf(page);
    const wrong = checked.filter(({ said, found }) => said !== found);
    expect(wrong).toEqual([]);
    expect({ path, examples: checked.length > 0 }).toEqual({ path, examples: true });
  });

  test('no block is in a language that nobody runs', () => {
    const known = [...executed, 'text'];
    const unread = rules.flatMap((page) =>
      blocksOf(page)
        .filter(({ language }) => !known.includes(language))
        .map(() => page.path),
    );
    expect(unread).toEqual([]);
  });
});

describe('the index', () => {
  test('names every page once, with code and tests that exist', () => {
    const rows = index.text.split('\n').filter((line) => /^\| \[[A-Z]\d/.test(line));
    const named = rows.map((row) => /\]\(\.\/([\w-]+\.md)\)/.exec(row)?.[1]);
    expect(named).toEqual([...named].filter((name, at) => named.indexOf(name) === at));
    expect([...named].sort()).toEqual(rules.map(({ path }) => path.slice(folder.length + 1)));
    for (const row of rows) {
      const [, , , code = '', tests = ''] = row.split('|');
      expect([row, code.includes(']('), tests.includes('](')]).toEqual([row, true, true]);
    }
  });
});

describe('the examples are really run', () => {
  const page = (text: string) => ({ path: 'docs/accounting/x.md', text });
  const wrongOf = (text: string) =>
    examplesOf(page(text)).filter(({ said, found }) => said !== found);

  test('a wrong number is found, with its line', () => {
    expect(wrongOf('# X\n```numbers\nfee of 500 at 25 bps = 12.5\n```')).toEqual([
      {
        at: 'docs/accounting/x.md:3',
        said: 'fee of 500 at 25 bps = 12.5',
        found: 'fee of 500 at 25 bps = 1.25',
      },
    ]);
  });

  test.each(['feed of 500 = 1', 'just words'])('words that nobody knows fail: %s', (line) => {
    expect(wrongOf(`\`\`\`numbers\n${line}\n\`\`\``)).toHaveLength(1);
  });

  test('a wrong posting, one that is not said and one too many are found', () => {
    const wrong = (lines: string) =>
      wrongOf(`\`\`\`movements\n#apply\ncash k, kind TIP, amount 2\n${lines}\n\`\`\``);
    expect(wrong('#emitted\nposting CASH treasury pUSD, cash 2\n#after')).toEqual([]);
    expect(wrong('#emitted\nposting CASH treasury pUSD, cash 3\n#after')).toHaveLength(1);
    expect(wrong('#emitted\nposting CASH mm pUSD\n#after')).toHaveLength(1);
    expect(wrong('#after\nposition mm YES, shares 1')).toHaveLength(1);
  });

  test('a wrong book, an effect that is not said and one too many are found', () => {
    const of = (lines: string) => wrongOf(`\`\`\`ledger\n#apply\nBUY 10 @ 0.5\n${lines}\n\`\`\``);
    expect(of('#emitted\nopen, opened 10 for 5, realised 0')).toEqual([]);
    expect(of('#after\nLONG 10 for 6')).toHaveLength(1);
    expect(of('SELL 10 @ 0.5\n#emitted\nopen, opened 10 for 5, realised 0')).toHaveLength(1);
    expect(of('#emitted\nopen, opened 10 for 5, realised 0\nclose')).toHaveLength(1);
  });

  test.each([
    '#before\nBUY 1 @ 0.5',
    'BUY 1 @ 0.5',
    '#apply\nBUY 1 @ 0.5',
    '#apply\nBUY 1\n#after\nFLAT',
    '#after\nsomething else',
    '#apply\nBUY 0.0000015 @ 0.5\n#after\nFLAT',
  ])('a ledger block that means nothing fails: %j', (lines) => {
    expect(() => wrongOf(`\`\`\`ledger\n${lines}\n\`\`\``)).toThrow('Expected');
  });
});
