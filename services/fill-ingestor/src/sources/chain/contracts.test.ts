/** Whose logs count, and when; and what becomes of what does not fit its contract. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  batch,
  paidOut,
  POLYGON_VENUE as VENUE,
  redeemThrough,
  splitThrough,
} from '@polytraders/testkit/chain';
import { ALICE, BLOCK, market, placed, readBy, STRANGER } from '../../../test/transactions.ts';
import { ORDER_FILLED } from '../chain-logs.ts';
import { parseJson } from '../file/json.ts';
import { logsIn } from '../file/logs.ts';
import { contractsAt, parseContracts, POLYGON } from './contracts.ts';
import { inputsOfTransaction } from './transaction-inputs.ts';
import { readWalletTransaction } from './transaction.ts';

const MARKET = market('rain');
const [YES, NO] = MARKET.ids;

describe('contracts', () => {
  test('a contract counts in its blocks only', () => {
    const gone = POLYGON.map((one) =>
      one.address === VENUE.adapter ? { ...one, untilBlock: BLOCK } : one,
    );
    const logs = placed(splitThrough(VENUE, MARKET, ALICE, 7n));
    const read = readWalletTransaction(logs, new Set([ALICE]), gone);
    expect(read.movements).toEqual([]);
    expect(read.unclassified).toMatchObject([
      { legs: { pusd: '-0.000007', tokens: { [YES]: '0.000007', [NO]: '0.000007' } } },
    ]);
  });

  test('what somebody else did with shares of a wallet is set aside, not guessed', () => {
    const bodies = [
      batch(VENUE.tokens, STRANGER, ALICE, STRANGER, MARKET.ids, [5n, 0n]),
      ...redeemThrough(VENUE, MARKET, STRANGER, [5n, 0n], 5n).slice(0, -4),
      ...paidOut(VENUE, VENUE.adapter, ALICE, 5n),
    ];
    const read = readBy(bodies);
    expect(read.movements).toEqual([]);
    expect(read.unclassified).toMatchObject([
      { account: ALICE, legs: { pusd: '0.000005', tokens: { [YES]: '-0.000005' } } },
    ]);
  });

  test('a log that its contract cannot have written is set aside beside what is told', () => {
    const [first, ...rest] = splitThrough(VENUE, MARKET, ALICE, 7n);
    if (first === undefined) throw new Error('Expected a log.');
    const odd = { ...first, data: `${first.data}00` };
    const read = readBy([first, ...rest, odd]);
    const inputs = inputsOfTransaction(read).map(({ raw }) => raw.format);
    expect(inputs).toEqual(['movement', 'unusable']);
    expect(read.malformed).toEqual([expect.stringMatching(/^Expected Transfer of pusd .*found/)]);
  });
});

test('the real receipt of a mint is told to both of its traders, and nothing is left over', () => {
  const path = new URL('../../../test/fixtures/mint-receipt.json', import.meta.url);
  const logs = logsIn(parseJson(readFileSync(path, 'utf8')) ?? []);
  const wallets = logs
    .filter((log) => log.topics[0] === ORDER_FILLED)
    .map((log) => `0x${(log.topics[2] ?? '').slice(26)}`);
  const read = readWalletTransaction(logs, new Set(wallets), POLYGON);
  expect(read).toMatchObject({ movements: [], unclassified: [], malformed: [] });
  const paid = read.fills.map(({ event, refund }) => [event.makerAmount, refund]);
  expect([...paid].sort()).toEqual([
    [1_083_333n, '0'],
    [999_999n, '0'],
  ]);
});

describe('CHAIN_CONTRACTS_FILE', () => {
  const address = (digit: string) => `0x${digit.repeat(40)}`;
  const whole = [
    { role: 'conditional_tokens', address: address('1') },
    { role: 'pusd', address: address('2') },
    { role: 'exchange', address: address('A'), from_block: 5, until_block: 9 },
  ];

  test('a book is taken with its blocks; an address has one role at a time', () => {
    const book = parseContracts(JSON.stringify(whole));
    if (typeof book === 'string') throw new Error(book);
    expect(contractsAt(book, 5).roleOf(address('a'))).toBe('exchange');
    expect(contractsAt(book, 9).roleOf(address('a'))).toBeNull();
    const later = { role: 'migrator', address: address('a'), from_block: 9 };
    expect(typeof parseContracts(JSON.stringify([...whole, later]))).toBe('object');
    const earlier = { ...later, from_block: 8 };
    expect(parseContracts(JSON.stringify([...whole, earlier]))).toMatch(/^Expected one role/);
  });

  const refused = [
    ['not a list', '{}', /^Expected CHAIN_CONTRACTS_FILE to hold a JSON list/],
    ['a role nobody knows', [{ role: 'bank', address: address('1') }], /found "bank"/],
    ['half an address', [{ role: 'pusd', address: '0x12' }], /40 hex digits; found "0x12"/],
    ['blocks the wrong way', [{ ...whole[2], until_block: 5 }], /found 5 and 5/],
    ['a name too many', [{ ...whole[2], note: 'x' }], /found "note"/],
    ['no pUSD', whole.slice(0, 1), /with the role pusd; found none/],
  ] as const;
  for (const [name, given, message] of refused) {
    test(`${name} is refused with a sentence`, () => {
      const text = typeof given === 'string' ? given : JSON.stringify(given);
      expect(parseContracts(text)).toMatch(message);
    });
  }
});
