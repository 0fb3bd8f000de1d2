import { expect, test } from '@jest/globals';
import { type BookFact } from './facts.ts';
import { botTable, cents, judgedReports, runTable } from './summary.ts';

const ingestor = {
  outcomes: {
    'applied/': 107,
    'ignored/duplicate': 5,
    'ignored/late': 2,
    'ignored/joined': 0,
    'quarantined/INVALID_INPUT': 3,
    'quarantined/PRICE_OUT_OF_RANGE': 1,
  },
  besides: 7,
};

const facts = {
  books: [],
  ledger: { lines: 60, paperLines: 4, setAside: {}, payable: new Set<string>() },
  reports: {
    fillReports: 56,
    marketReports: 3,
    fills: new Set<string>(),
    windows: [],
    repeated: [],
    records: 56,
  },
  unlikeLines: [],
  unlikeLots: [],
};

const linesOf = (text: string) =>
  text
    .split('\n')
    .slice(2)
    .map((line) => line.trimEnd());

test('every message in stands on a line that says what became of it', () => {
  const sent = { messages: 170, executionReports: 111, commands: 9 };
  const table = runTable({ sent, ingestor, newLines: 60, newReports: 56, others: 0 }, facts);
  expect(linesOf(table).slice(0, 11)).toEqual([
    'messages in                                   170',
    '  market data                                  50',
    '  commands                                      9',
    '  execution reports                           111',
    '    applied                                   100',
    '    duplicates                                  5',
    '    told late                                   2',
    '    refused                                     4',
    '      INVALID_INPUT                             3',
    '      PRICE_OUT_OF_RANGE                        1',
    'commands, the chain, the clock, parameters      7',
  ]);
  const { applied, ignored, refused } = judgedReports(ingestor);
  expect({ applied, ignored, refused }).toEqual({
    applied: 100,
    ignored: { duplicate: 5, late: 2 },
    refused: { INVALID_INPUT: 3, PRICE_OUT_OF_RANGE: 1 },
  });
});

test('the rows of a file are counted by what became of them', () => {
  const table = runTable({ sent: null, ingestor, newLines: 60, newReports: 56, others: 0 }, facts);
  expect(linesOf(table)[0]).toBe('rows of the file in                           111');
});

test('what a bot does on paper stands beside its real books, never among them', () => {
  const book = (account: string, realised: bigint): BookFact => ({
    account,
    bot: 'lab',
    token: '1',
    shares: 0n,
    costBasis: 0n,
    realised,
    grossFees: 0n,
    fills: 1,
  });
  const table = botTable({ books: [book('0xa1', 5_000_000n), book('paper:0xa1', 70_000_000n)] });
  expect(linesOf(table)[0]).toMatch(/^lab +1 +0\.00 +5\.00 /);
  expect(linesOf(table)[1]).toMatch(/^lab \(paper\) +1 +0\.00 +70\.00 /);
});

test('amounts are cut to cents, downward also below zero, thousands apart', () => {
  expect([1_234_567_899_999n, 999_999n, 0n, -1n, -10_000n, -1_234_567_890_000n].map(cents)).toEqual(
    ['1,234,567.89', '0.99', '0.00', '-0.01', '-0.01', '-1,234,567.89'],
  );
});
