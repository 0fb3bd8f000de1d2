/** Rows that are no trades: which movement each is, to the micro, or why it is none. */

import { describe, expect, test } from '@jest/globals';
import { isRefusal } from './amounts.ts';
import { normalize } from './normalize.ts';
import { type Fields, type ImportTerms, type JsonRecord, type RowFormat } from './raw.ts';
import { isMovement, movementOfRow, type RawMovement } from './rows-movements.ts';
import { ALICE, CONDITION, refusalOf, TERMS, YES } from '../test/inputs.ts';

const TX = `0x${'11'.repeat(32)}`;
const EVENT = `0x${'17'.repeat(31)}00`;

/** A row of the first version of the Data API, as it prints what is no trade. */
const V1 = {
  proxyWallet: ALICE,
  timestamp: '1771354979',
  conditionId: CONDITION,
  type: 'REDEEM',
  size: '11.988288',
  usdcSize: '11.988288',
  transactionHash: TX,
  price: '0',
  asset: '',
  side: '',
  outcomeIndex: '999',
} as const;

/** The same row of the second version. */
const V2 = {
  proxy_wallet: ALICE,
  timestamp: '1771354979',
  condition_id: CONDITION,
  type: 'REDEEM',
  size: '11.988288',
  usdc_size: '11.988288',
  transaction_hash: TX,
  price: '0.0',
  token_id: '',
  side: '',
  outcome_index: '999',
} as const;

const SITE = {
  marketName: 'Up or Down',
  action: 'Redeem',
  usdcAmount: '2.17',
  tokenAmount: '2.17',
  tokenName: '',
  timestamp: '1779163832',
  hash: TX,
} as const;

const COORDINATES = { tx_hash: TX, block_number: null, block_hash: null, log_index: null };

function read(fields: Fields, format: RowFormat = 'data-api', terms: Partial<ImportTerms> = {}) {
  return movementOfRow(format, fields, { ...TERMS, ...terms });
}

function movement(...args: Parameters<typeof read>): RawMovement {
  const found = read(...args);
  if (isRefusal(found)) throw new Error(refusalOf(found));
  return found;
}

function valueOf(fields: Fields): JsonRecord {
  return movement(fields).value;
}

/** What is said of a row that cannot be read, also when it comes back out of the inbox. */
function refusal(fields: Fields, format: RowFormat = 'data-api'): string {
  const found = read(fields, format);
  if (!isRefusal(found)) throw new Error(`Expected a refusal; found ${JSON.stringify(found)}.`);
  const again = normalize({ format, fields, terms: TERMS });
  expect(refusalOf(again)).toBe(refusalOf(found));
  return refusalOf(found);
}

describe('shares', () => {
  test.each([
    ['first', V1],
    ['second', V2],
  ])('a REDEEM of the %s version burns what the wallet holds, for its cash', (_version, row) => {
    expect(movement(row)).toEqual({
      format: 'movement',
      type: 'PositionsRedeemed',
      source: 'file',
      value: {
        account: ALICE,
        condition_id: CONDITION,
        neg_risk_market_id: null,
        payout_pusd: '11.988288',
        legs: null,
        ...COORDINATES,
      },
      effectiveAt: 1_771_354_979_000_000,
      terms: TERMS,
    });
  });

  test('a REDEEM of 0 is one: losers are burned for nothing', () => {
    expect(valueOf({ ...V1, size: '0', usdcSize: '0' })).toMatchObject({
      payout_pusd: '0',
      legs: null,
    });
  });

  test('the payout of a REDEEM is its cash, whatever its size is', () => {
    expect(valueOf({ ...V1, size: '20', usdcSize: '10' })).toMatchObject({ payout_pusd: '10' });
  });

  test('a REDEEM that names its token burns these shares of it', () => {
    const row = { ...V1, asset: YES, outcomeIndex: '0', size: '20', usdcSize: '10' };
    const leg = { token_id: YES, quantity_shares: '20', payout_pusd: '10' };
    expect(valueOf(row)['legs']).toEqual([{ ...leg, outcome_index: 0 }]);
    expect(valueOf({ ...row, outcomeIndex: '999' })['legs']).toEqual([
      { ...leg, outcome_index: null },
    ]);
  });

  test.each([
    ['SPLIT', 'PositionsSplit'],
    ['MERGE', 'PositionsMerged'],
  ])('a %s moves a share of each outcome for a pUSD', (type, expected) => {
    const { type: found, value } = movement({ ...V2, type, size: '32.0', usdc_size: '32.0' });
    expect(found).toBe(expected);
    expect(value).toEqual({
      account: ALICE,
      condition_id: CONDITION,
      neg_risk_market_id: null,
      amount_pusd: '32',
      legs: null,
      ...COORDINATES,
    });
  });

  test('a CONVERSION names its event where others name a condition, and no question', () => {
    const row = { ...V2, type: 'CONVERSION', condition_id: EVENT };
    const { type, value } = movement({ ...row, size: '2422.2369', usdc_size: '7266.7107' });
    expect(type).toBe('PositionsConverted');
    expect(value).toEqual({
      account: ALICE,
      neg_risk_market_id: EVENT,
      index_set: null,
      amount_shares: '2422.2369',
      fee_bips: null,
      question_count: null,
      payout_pusd: '7266.7107',
      legs_out: null,
      legs_in: null,
      ...COORDINATES,
    });
  });

  test('one NO converts for no cash', () => {
    const row = { ...V1, type: 'CONVERSION', conditionId: EVENT, usdcSize: '0' };
    expect(valueOf(row)).toMatchObject({ amount_shares: '11.988288', payout_pusd: '0' });
  });
});

describe('cash', () => {
  test.each([
    'DEPOSIT',
    'REWARD',
    'MAKER_REBATE',
    'TAKER_REBATE',
    'REFERRAL_REWARD',
    'YIELD',
    'reward',
  ])('a %s came in', (type) => {
    const row = { ...V2, type, condition_id: '', size: '31.1755', usdc_size: '31.1755' };
    const { type: found, value } = movement(row);
    expect(found).toBe('CashMoved');
    expect(value).toEqual({
      account: ALICE,
      kind: type.toUpperCase(),
      amount_pusd: '31.1755',
      counterparty: null,
      condition_id: null,
      ...COORDINATES,
    });
  });

  test('a WITHDRAWAL went out', () => {
    const row = { ...V1, type: 'WITHDRAWAL', conditionId: '', usdcSize: '50389.755618' };
    expect(valueOf(row)).toMatchObject({ kind: 'WITHDRAWAL', amount_pusd: '-50389.755618' });
  });

  test.each([
    ['IN', '11.988288'],
    ['out', '-11.988288'],
  ])('a TIP goes as its side says: %s', (side, amount) => {
    expect(valueOf({ ...V1, type: 'TIP', side })).toMatchObject({ amount_pusd: amount });
  });

  test('a REWARD of a market names its condition', () => {
    expect(valueOf({ ...V1, type: 'REWARD' })).toMatchObject({ condition_id: CONDITION });
  });
});

describe('amounts and ids', () => {
  test.each([
    ['11.988287999999999', '11.988288'],
    ['9e-6', '0.000009'],
    ['1E2', '100'],
    ['32.0', '32'],
  ])('digits are read exactly: %s is %s', (printed, expected) => {
    expect(valueOf({ ...V1, usdcSize: printed })).toMatchObject({ payout_pusd: expected });
  });

  test('hashes and wallets have one way to be written', () => {
    const upper = (text: string) => text.toUpperCase().replace('0X', '0x');
    const row = { ...V1, proxyWallet: upper(ALICE), transactionHash: upper(TX) };
    expect(valueOf(row)).toEqual(valueOf(V1));
    expect(valueOf({ ...row, conditionId: upper(CONDITION) })).toEqual(valueOf(V1));
  });

  test('the wallet of the import stands in where the file has none', () => {
    const found = movement(SITE, 'site-export', { account: ALICE });
    expect(found.value).toMatchObject({ account: ALICE, payout_pusd: '2.17', legs: null });
    expect(found.value['condition_id']).toMatch(/^file:[0-9a-f]{40}$/);
  });

  test('a redemption of the site is of the market whose tokens its buys made', () => {
    const buy = { ...SITE, action: 'Buy', tokenName: 'Up' };
    const terms = { ...TERMS, account: ALICE };
    const fill = normalize({ format: 'site-export', fields: buy, terms });
    const { value } = movement(SITE, 'site-export', { account: ALICE });
    expect(fill).toMatchObject({ kind: 'fill', conditionId: value['condition_id'] });
  });

  test('the site prints the words of the venue for people', () => {
    const row = { ...SITE, action: 'Maker Rebate', marketName: '' };
    expect(movement(row, 'site-export', { account: ALICE }).value).toMatchObject({
      kind: 'MAKER_REBATE',
      amount_pusd: '2.17',
      condition_id: null,
    });
  });
});

describe('what cannot be read is refused with what was expected and found', () => {
  const WITHOUT_TX = 'INCOMPLETE_INPUT: Expected a transaction hash to identify the row; found "".';
  test.each([
    ['no transaction', { transactionHash: '' }, WITHOUT_TX],
    [
      'half a transaction',
      { transactionHash: '0x12' },
      'INCOMPLETE_INPUT: Expected a transaction hash to identify the row; found "0x12".',
    ],
    ['no wallet', { proxyWallet: '' }, 'INCOMPLETE_INPUT: Expected a wallet address; found "".'],
    ['no time', { timestamp: '' }, 'INVALID_INPUT: Expected a time; found "".'],
    [
      'no cash',
      { usdcSize: '' },
      'INCOMPLETE_INPUT: Expected the cash of a REDEEM in pUSD; found none.',
    ],
    [
      'negative cash',
      { usdcSize: '-1' },
      'INVALID_INPUT: Expected a cash of REDEEM of 0 or more; found "-1".',
    ],
    [
      'cash finer than a micro',
      { usdcSize: '0.0000005' },
      'AMOUNT_TOO_FINE: Expected a cash of REDEEM within 10⁻⁹ of a millionth; found "0.0000005".',
    ],
    [
      'cash that is no number',
      { usdcSize: 'some' },
      'INVALID_INPUT: Expected a decimal cash of REDEEM; found "some" (NOT_A_DECIMAL).',
    ],
    [
      'no condition',
      { conditionId: '' },
      'INCOMPLETE_INPUT: Expected the condition of a REDEEM; found none.',
    ],
    [
      'half a condition',
      { conditionId: '0x12' },
      'INVALID_INPUT: Expected condition_id as 0x and 64 hex digits; found "0x12".',
    ],
    [
      'a token without shares',
      { asset: YES, size: '0', usdcSize: '0' },
      'QUANTITY_NOT_POSITIVE: Expected a REDEEM to move more than 0; found "0".',
    ],
    [
      'a token as a spreadsheet writes it',
      { asset: '1.02e+77' },
      'INVALID_INPUT: Expected token_id in decimal digits without leading zeros, below 2²⁵⁶; ' +
        'found "1.02e+77".',
    ],
    [
      'a merge that is no pair',
      { type: 'MERGE', size: '2', usdcSize: '1' },
      'INVALID_INPUT: Expected a MERGE of one share of each for a pUSD; found 2 shares for 1 pUSD.',
    ],
    [
      'a split of nothing',
      { type: 'SPLIT', size: '0', usdcSize: '0' },
      'QUANTITY_NOT_POSITIVE: Expected a SPLIT to move more than 0; found "0".',
    ],
    [
      'a conversion of a condition',
      { type: 'CONVERSION' },
      'INVALID_INPUT: Expected a CONVERSION to name its negative-risk event, which ends in 00; ' +
        `found ${JSON.stringify(`${CONDITION.slice(0, 60)}…`)}.`,
    ],
    [
      'a conversion without shares',
      { type: 'CONVERSION', conditionId: EVENT, size: '' },
      'INCOMPLETE_INPUT: Expected the shares of a CONVERSION; found none.',
    ],
    [
      'a reward of nothing',
      { type: 'REWARD', usdcSize: '0' },
      'QUANTITY_NOT_POSITIVE: Expected a REWARD to move more than 0; found "0".',
    ],
    [
      'a tip without a side',
      { type: 'TIP' },
      'INCOMPLETE_INPUT: Expected the side of a TIP as IN or OUT; found "".',
    ],
    [
      'a migration, which names no contract',
      { type: 'MIGRATION', asset: '77' },
      'INCOMPLETE_INPUT: Expected a MIGRATION with its token and the contracts that it left and ' +
        'reached; found token "77" and no contract. Import the receipt of its transaction.',
    ],
  ])('%s', (_what, change, sentence) => {
    expect(refusal({ ...V1, ...change })).toBe(sentence);
  });

  test('a refused row keeps the wallet that it names', () => {
    const draft = normalize({
      format: 'data-api',
      fields: { ...V1, transactionHash: '' },
      terms: TERMS,
    });
    expect(draft).toMatchObject({ kind: 'refusal', names: { account: ALICE } });
  });

  test('a type that is none of the venue moves nothing that we know of', () => {
    expect(isMovement('AIRDROP')).toBe(false);
    expect(refusal({ ...V1, type: 'AIRDROP' })).toBe(
      'INVALID_INPUT: Expected a row that moves something; found "AIRDROP".',
    );
  });
});
