import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { AbiCoder, zeroPadValue, toBeHex } from 'ethers';
import { type Draft, type FillDraft } from './draft.ts';
import { normalize } from './normalize.ts';
import { type Fields } from './raw.ts';
import {
  decodeOrderFilled,
  EXCHANGES,
  ORDER_FILLED,
  ORDERS_MATCHED,
  PUSD_TOKEN,
  readTransaction,
  type TransactionLog,
} from './sources/chain-logs.ts';
import { parseJson } from './sources/file/json.ts';
import { logsIn } from './sources/file/logs.ts';
import { ALICE, BARE, BOB, fillOf, MATCH, refusalOf, TERMS, without } from '../test/inputs.ts';

const EXCHANGE = EXCHANGES[0] ?? '';

function fixtureFills(name: string): readonly FillDraft[] {
  const text = readFileSync(new URL(`../test/fixtures/${name}.json`, import.meta.url), 'utf8');
  const logs = logsIn(parseJson(text) ?? []);
  const transactions = new Map<string, TransactionLog[]>();
  for (const log of logs) {
    const hash = log.transactionHash ?? '';
    transactions.set(hash, [...(transactions.get(hash) ?? []), log]);
  }
  return [...transactions.values()].flatMap((group) =>
    readTransaction(group).fills.map((log) =>
      fillOf(normalize({ format: 'order-filled', log, terms: TERMS })),
    ),
  );
}

describe('logs of CTFExchangeV2', () => {
  test('a mint of two buys is two fills; the repeated OrdersMatched is none', () => {
    const [maker, taker, ...rest] = fixtureFills('mint-receipt');
    expect(rest).toEqual([]);
    expect(maker).toMatchObject({
      side: 'maker',
      orderSide: 'BUY',
      quantity: 2_083_332n,
      notional: 1_083_333n,
      feePusd: 0n,
      logIndex: 13,
    });
    expect(taker).toMatchObject({
      side: 'taker',
      orderSide: 'BUY',
      quantity: 2_083_332n,
      notional: 999_999n,
      logIndex: 15,
      account: '0x361b766227db19d4c8037595a9d4ced9fad81a24',
      blockNumber: 85_671_485,
      flags: [],
      effectiveAt: 1_776_463_014_000_000,
      feeSource: 'CHAIN',
      recipe: 'CHAIN',
    });
    expect(taker?.fillId).toBe(`${taker?.txHash ?? ''}:${taker?.orderHash ?? ''}`);
  });

  test('the taker carries the whole absolute fee, the makers none', () => {
    const fills = fixtureFills('match-logs');
    expect(fills).toHaveLength(10);
    const fees = fills
      .filter((fill) => fill.feePusd !== 0n)
      .map((fill) => [fill.side, fill.orderSide, fill.feePusd]);
    expect(fees).toEqual([
      ['taker', 'BUY', 104_360n],
      ['taker', 'SELL', 34_660n],
      ['taker', 'SELL', 42_500n],
    ]);
  });

  test('a minting taker buy without the transfers of its transaction is flagged', () => {
    const flagged = fixtureFills('match-logs').filter((fill) =>
      fill.flags.includes('GOV_CASH_UNVERIFIED'),
    );
    const taken = flagged.map((fill) => [fill.side, fill.orderSide, fill.quantity]);
    expect(taken).toEqual([
      ['taker', 'BUY', 680_780_000n],
      ['taker', 'BUY', 11_000_000n],
    ]);
  });

  test('a lone log has its fee, and its missing time is named', () => {
    expect(fixtureFills('lone-logs')).toMatchObject([
      { feePusd: 1_184_080n, effectiveAt: null, incompleteReasons: ['GOV_TIME_UNKNOWN'] },
      { feePusd: 492_110n, effectiveAt: null, incompleteReasons: ['GOV_TIME_UNKNOWN'] },
    ]);
  });

  // Alice offers 51.20 for 100 YES, Bob's 52.00 for 100 NO mint them; 2.00 come back: 49.20 and
  // fee 1.20.
  test('what the exchange gives back to a minting taker is taken off the cash', () => {
    const fills = readTransaction([
      transfer(ALICE, EXCHANGE, 52_400_000n),
      transfer(BOB, EXCHANGE, 52_000_000n),
      filled(BOB, ALICE, 0n, 52_000_000n, 100_000_000n, 0n),
      transfer(EXCHANGE, ALICE, 2_000_000n),
      filled(ALICE, EXCHANGE, 0n, 51_200_000n, 100_000_000n, 1_200_000n),
      { ...filled(ALICE, EXCHANGE, 0n, 0n, 0n, 0n), topics: [ORDERS_MATCHED] },
    ]).fills.map((log) => fillOf(normalize({ format: 'order-filled', log, terms: TERMS })));
    expect(fills.map((fill) => [fill.account, fill.notional, fill.feePusd])).toEqual([
      [BOB, 52_000_000n, 0n],
      [ALICE, 49_200_000n, 1_200_000n],
    ]);
  });

  test('a complementary buy is not refunded, whatever else the exchange pays', () => {
    const [, taker] = readTransaction([
      filled(BOB, ALICE, 1n, 40_000_000n, 22_000_000n, 100_000n),
      transfer(EXCHANGE, ALICE, 5_000_000n),
      filled(ALICE, EXCHANGE, 0n, 22_000_000n, 40_000_000n, 400_000n),
    ]).fills;
    expect(taker?.refund).toBe('0');
  });

  test.each<[string, Partial<TransactionLog>]>([
    ['three topics', { topics: [ORDER_FILLED, word(1n), word(2n)] }],
    ['a byte too many', { data: `${filled(ALICE, BOB, 0n, 1n, 1n, 0n).data}00` }],
    ['side 2', { data: filled(ALICE, BOB, 2n, 1n, 1n, 0n).data }],
    ['a dirty address', { topics: [ORDER_FILLED, word(1n), word(1n << 200n), word(2n)] }],
  ])('%s is malformed, not a fill', (_what, change) => {
    expect(typeof decodeOrderFilled({ ...filled(ALICE, BOB, 0n, 1n, 1n, 0n), ...change })).toBe(
      'string',
    );
  });

  test('the same event of another contract is not ours', () => {
    expect(
      decodeOrderFilled({ ...filled(ALICE, BOB, 0n, 1n, 1n, 0n), address: PUSD_TOKEN }),
    ).toBeNull();
  });

  test('dust is a fact: a fill of no shares is booked at price 0', () => {
    const [log] = readTransaction([filled(ALICE, BOB, 0n, 1n, 0n, 0n)]).fills;
    if (log === undefined) throw new Error('Expected one fill.');
    expect(normalize({ format: 'order-filled', log, terms: TERMS })).toMatchObject({
      quantity: 0n,
      notional: 1n,
      price: 0n,
    });
  });
});

describe('execution reports', () => {
  const read = (fields: Fields): Draft => normalize({ format: 'execution', fields, terms: null });

  test('the bare example has no account, token or side, and 862.068965 shares', () => {
    expect(read(BARE)).toMatchObject({
      account: null,
      tokenId: null,
      orderSide: null,
      side: 'maker',
      status: 'CONFIRMED',
      quantity: 862_068_965n,
      notional: 500_000_000n,
      feeBps: 25,
      effectiveAt: 1_746_792_060_000_000,
    });
  });

  test('quantity and price give the notional half-even at the micro', () => {
    const fields = { ...without(MATCH, 'size_pusd'), quantity_shares: '0.000005', price: '0.5' };
    expect(read(fields)).toMatchObject({ notional: 2n });
  });

  test.each([
    ['no cash for a million shares', { quantity_shares: '1000000', size_pusd: '0', price: '0.01' }],
    ['more than a pUSD a share', { quantity_shares: '100', size_pusd: '100.9', price: '1' }],
  ])('%s is refused, though it lies within a tick of the price', (_what, amounts) => {
    const found = JSON.stringify(`${amounts.size_pusd} / ${amounts.quantity_shares}`);
    expect(refusalOf(read({ ...MATCH, ...amounts }))).toBe(
      `PRICE_OUT_OF_RANGE: Expected a price above 0 and at most 1; found ${found}.`,
    );
  });

  test('a price that is 0 once it is stored is refused, dust that costs nothing is booked', () => {
    const tiny = { ...without(MATCH, 'size_pusd'), price: '1e-30' };
    expect(refusalOf(read(tiny))).toContain('PRICE_OUT_OF_RANGE: ');
    expect(refusalOf(read(tiny))).toContain('found "1e-30"');
    const dust = { ...MATCH, quantity_shares: '0.00001', size_pusd: '0', price: '0.01' };
    expect(read(dust)).toMatchObject({ notional: 0n });
  });

  test('size and quantity win over a price that they contradict, flagged', () => {
    expect(read({ ...MATCH, price: '0.52' })).toMatchObject({
      price: 500_000_000_000_000_000n,
      flags: ['GOV_PRICE_SIZE_MISMATCH'],
    });
    expect(read({ ...MATCH, price: '0.51' })).toMatchObject({
      price: 510_000_000_000_000_000n,
      flags: [],
    });
  });

  test('an absolute fee wins over basis points', () => {
    expect(read({ ...MATCH, fee_bps: '25' })).toMatchObject({ feePusd: 250_000n, feeBps: null });
  });

  test('paper fills have an account of their own', () => {
    expect(read({ ...MATCH, paper: 'true' })).toMatchObject({
      account: `paper:${ALICE}`,
      paper: true,
    });
  });

  test.each<[string, Fields, string]>([
    ['no order', without(MATCH, 'order_id'), 'INCOMPLETE_INPUT: Expected order_id; found none.'],
    ['no fill id', without(MATCH, 'fill_id'), 'INCOMPLETE_INPUT: Expected fill_id; found none.'],
    [
      'no time',
      without(MATCH, 'effective_at'),
      'INCOMPLETE_INPUT: Expected effective_at as ISO-8601 UTC; found "".',
    ],
    [
      'a price of 0',
      { ...MATCH, price: '0' },
      'PRICE_OUT_OF_RANGE: Expected a price above 0 and at most 1; found "0".',
    ],
    [
      'a price above 1',
      { ...MATCH, price: '1.01' },
      'PRICE_OUT_OF_RANGE: Expected a price above 0 and at most 1; found "1.01".',
    ],
    [
      'no shares',
      { ...MATCH, quantity_shares: '0' },
      'QUANTITY_NOT_POSITIVE: Expected a quantity above 0; found "0".',
    ],
    [
      'half a micro',
      { ...MATCH, size_pusd: '1.0000005' },
      'AMOUNT_TOO_FINE: Expected a size within 10⁻⁹ of a millionth; found "1.0000005".',
    ],
    [
      'a word for money',
      { ...MATCH, fee_pusd: 'much' },
      'INVALID_INPUT: Expected a decimal fee_pusd; found "much" (NOT_A_DECIMAL).',
    ],
    [
      'a negative fee rate',
      { ...MATCH, fee_bps: '-25' },
      'INVALID_INPUT: Expected fee_bps as a whole number from 0 to 10000; found "-25".',
    ],
    [
      'a fee rate beyond all',
      { ...MATCH, fee_bps: '99999999999' },
      'INVALID_INPUT: Expected fee_bps as a whole number from 0 to 10000; found "99999999999".',
    ],
    [
      'an odd account',
      { ...MATCH, account: 'alice' },
      'INVALID_INPUT: Expected account as 0x and 40 hex digits; found "alice".',
    ],
    [
      'an odd status',
      { ...MATCH, status: 'DONE' },
      'INVALID_INPUT: Expected a status of a fill; found "DONE".',
    ],
  ])('%s is refused in one sentence', (_what, fields, sentence) => {
    expect(refusalOf(read(fields))).toBe(sentence);
  });
});

function word(value: bigint): string {
  return toBeHex(value, 32);
}

function log(address: string, topics: readonly string[], data: string): TransactionLog {
  return {
    address,
    topics,
    data,
    transactionHash: `0x${'77'.repeat(32)}`,
    blockNumber: '0x10',
    blockHash: null,
    blockTimestamp: '0x69e2aca6',
    logIndex: '0x1',
  };
}

function transfer(from: string, to: string, amount: bigint): TransactionLog {
  const topic = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef';
  return log(PUSD_TOKEN, [topic, zeroPadValue(from, 32), zeroPadValue(to, 32)], word(amount));
}

function filled(
  maker: string,
  taker: string,
  side: bigint,
  makerAmount: bigint,
  takerAmount: bigint,
  fee: bigint,
): TransactionLog {
  const words = [side, 5n, makerAmount, takerAmount, fee, 0n, 0n];
  const data = AbiCoder.defaultAbiCoder().encode(
    words.map(() => 'uint256'),
    words,
  );
  return log(
    EXCHANGE,
    [ORDER_FILLED, word(1n), zeroPadValue(maker, 32), zeroPadValue(taker, 32)],
    data,
  );
}
