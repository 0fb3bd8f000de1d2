/** Rows of venue exports: whose fill each is, under which id, or why it is none. */

import { describe, expect, test } from '@jest/globals';
import { type Draft } from './draft.ts';
import { normalize } from './normalize.ts';
import { type Fields, type ImportTerms, type RowFormat } from './raw.ts';
import { ALICE, BOB, fillOf, refusalOf, TERMS } from '../test/inputs.ts';

describe('rows of venue exports', () => {
  const TX = `0x${'11'.repeat(32)}`;
  const row = (format: RowFormat, fields: Fields, terms: Partial<ImportTerms> = {}): Draft =>
    normalize({ format, fields, terms: { ...TERMS, ...terms } });

  const ACTIVITY = {
    proxyWallet: ALICE,
    type: 'TRADE',
    side: 'BUY',
    asset: '77',
    conditionId: TX,
    size: '11.988287999999999',
    usdcSize: '9.999996',
    price: '0.8299999966799987',
    timestamp: '1771354561',
    transactionHash: TX,
  };

  test('activity: digits to the nearest micro, the cash wins over the price', () => {
    expect(row('data-api', ACTIVITY)).toMatchObject({
      recipe: 'ACTIVITY',
      account: ALICE,
      quantity: 11_988_288n,
      notional: 9_999_996n,
      feePusd: null,
      feeSource: null,
      effectiveAt: 1_771_354_561_000_000,
    });
  });

  test('activity: another transaction is another fill, an equal row is the same', () => {
    const one = fillOf(row('data-api', ACTIVITY));
    expect(fillOf(row('data-api', ACTIVITY, { row: 2 })).fillId).toBe(one.fillId);
    const other = { ...ACTIVITY, transactionHash: `0x${'12'.repeat(32)}` };
    expect(fillOf(row('data-api', other)).fillId).not.toBe(one.fillId);
  });

  test('activity: one fill has one id, however its numbers are printed', () => {
    const plain = { ...ACTIVITY, size: '100', usdcSize: '50', price: '0.5' };
    const { fillId } = fillOf(row('data-api', plain));
    const printed = { size: '100.0', price: '0.50', timestamp: '01771354561' };
    expect(fillOf(row('data-api', { ...plain, ...printed })).fillId).toBe(fillId);
    const csv = {
      wallet: ALICE.toUpperCase().replace('0X', '0x'),
      transaction_hash: TX,
      condition_id: TX,
      asset: '77',
      side: 'buy',
      size: '1e2',
      usdc_value: '50.00',
      price: '.5',
      timestamp: '1771354561',
    };
    expect(fillOf(row('wallet-csv', csv)).fillId).toBe(fillId);
  });

  test('activity: the price of the id is the printed one, whatever the size implies', () => {
    const odd = { ...ACTIVITY, size: '100', usdcSize: '53', price: '0.5' };
    const sizeless = { ...odd, usdcSize: '' };
    expect(fillOf(row('data-api', odd)).fillId).toBe(fillOf(row('data-api', sizeless)).fillId);
  });

  test.each([
    ['as a spreadsheet writes it', { asset: '1.0293622413427107e+77' }],
    ['with a leading zero', { asset: '077' }],
    ['in hex', { asset: '0x4d' }],
    ['whose condition is cut', { conditionId: '0x12' }],
  ])('a token %s is refused: it would be a book of its own', (_what, change) => {
    expect(refusalOf(row('data-api', { ...ACTIVITY, ...change }))).toMatch(/^INVALID_INPUT: /);
  });

  test('a declared zero is a fee with a name to it', () => {
    expect(row('data-api', ACTIVITY, { zeroFeeDeclaredBy: 'olga' })).toMatchObject({
      feePusd: 0n,
      feeSource: 'DECLARED',
      feeDeclaredBy: 'olga',
    });
  });

  test('a row without a transaction needs another identity', () => {
    expect(refusalOf(row('data-api', { ...ACTIVITY, transactionHash: '' }))).toBe(
      'INCOMPLETE_INPUT: Expected a transaction hash to identify the row; found "".',
    );
    expect(
      row('data-api', { ...ACTIVITY, transactionHash: '' }, { identity: 'row', row: 9 }),
    ).toMatchObject({ recipe: 'FILE_ROW', fillId: `${'f'.repeat(64)}:9` });
  });

  test('the site export knows names only: market and token are made from them', () => {
    const fields = {
      marketName: 'Up or Down',
      action: 'Buy',
      usdcAmount: '2.1287599999999998',
      tokenAmount: '2.19',
      tokenName: 'Up',
      timestamp: '1779164052',
      hash: TX,
    };
    const draft = fillOf(row('site-export', fields, { account: ALICE }));
    expect(draft).toMatchObject({ notional: 2_128_760n, quantity: 2_190_000n, orderSide: 'BUY' });
    expect(draft.flags).toEqual(['GOV_FEE_IN_COST']);
    const sold = fillOf(row('site-export', { ...fields, action: 'Sell' }, { account: ALICE }));
    expect(sold.flags).toEqual([]);
    expect(draft.tokenId).toBe(`${draft.conditionId ?? ''}:Up`);
  });

  test('wallet histories count shares in millionths', () => {
    const fields = {
      canonical_wallet: BOB,
      asset_id: '77',
      side: 'SELL',
      size: '30000000',
      price: '0.999',
      timestamp: '2025-09-05 15:30:28',
    };
    expect(row('wallet-history', fields, { identity: 'row' })).toMatchObject({
      quantity: 30_000_000n,
      notional: 29_970_000n,
    });
  });

  test.each([
    ['862068965', 862_068_965n],
    ['862068965.0', 862_068_965n],
    ['8.62068965e8', 862_068_965n],
    ['862068965.5', 'AMOUNT_TOO_FINE'],
    ['many', 'INVALID_INPUT'],
    ['', 'INCOMPLETE_INPUT'],
  ])('wallet histories: a size of "%s" is millionths, however it is printed', (size, expected) => {
    const fields = {
      canonical_wallet: BOB,
      asset_id: '77',
      side: 'SELL',
      size,
      price: '0.58',
      timestamp: '2025-09-05 15:30:28',
    };
    const draft = row('wallet-history', fields, { identity: 'row' });
    expect(draft.kind === 'fill' ? draft.quantity : draft.kind).toBe(
      typeof expected === 'bigint' ? expected : 'refusal',
    );
    if (draft.kind === 'refusal') expect(draft.reason).toBe(expected);
  });
});
