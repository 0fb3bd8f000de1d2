/** A movement as its reader tells it: what may be left open, what is refused with a sentence. */

import { expect, test } from '@jest/globals';
import { ALICE, CONDITION, movement, NO, NOON, refusalOf, TX, YES } from '../test/inputs.ts';
import { normalize } from './normalize.ts';
import { type JsonRecord, type MovementType, type RawInput } from './raw.ts';

const MARKET = `0x${'cc'.repeat(31)}00`;
const REDEEMED = { condition_id: CONDITION, payout_pusd: '11.988287999999999' };
const CASH = { kind: 'DEPOSIT', amount_pusd: '1' };
const SENT = {
  kind: 'TRANSFER',
  direction: 'OUT',
  counterparty: ALICE,
  token_id: YES,
  quantity_shares: '1',
};

function read(raw: RawInput) {
  if (raw.format === 'record') throw new Error('Expected no record.');
  return normalize(raw);
}

test('amounts are read by rule M1, hashes in lower case, what is not said stays open', () => {
  const upper = { ...REDEEMED, tx_hash: TX.toUpperCase().replace('0X', '0x') };
  expect(read(movement('PositionsRedeemed', upper, 'file'))).toEqual({
    kind: 'movement',
    type: 'PositionsRedeemed',
    source: 'file',
    account: ALICE,
    effectiveAt: NOON,
    value: {
      account: ALICE,
      condition_id: CONDITION,
      neg_risk_market_id: null,
      payout_pusd: 11_988_288n,
      legs: null,
      tx_hash: TX,
      block_number: null,
      block_hash: null,
      log_index: null,
    },
  });
});

test('a conversion may leave open all that only its receipt shows', () => {
  const told = { neg_risk_market_id: MARKET, amount_shares: '5', payout_pusd: '10' };
  expect(read(movement('PositionsConverted', told))).toMatchObject({
    value: { index_set: null, fee_bips: null, question_count: null, legs_out: null, legs_in: null },
  });
});

test('ids that an import made of its columns are ids', () => {
  const condition = `file:${'ab'.repeat(20)}`;
  const told = { ...REDEEMED, condition_id: condition };
  expect(read(movement('PositionsRedeemed', told, 'file'))).toMatchObject({
    value: { condition_id: condition },
  });
});

type Odd = readonly [what: string, type: MovementType, value: JsonRecord, sentence: string];

const ODD: readonly Odd[] = [
  ['no transaction', 'CashMoved', { ...CASH, tx_hash: null }, 'Expected tx_hash on a CashMoved'],
  ['a hash that is none', 'CashMoved', { ...CASH, tx_hash: '0x12' }, 'Expected tx_hash of a'],
  ['an account that is none', 'CashMoved', { ...CASH, account: 'me' }, 'Expected account of a'],
  ['cash of nothing', 'CashMoved', { ...CASH, amount_pusd: '0' }, 'other than 0; found 0.'],
  ['a deposit that leaves', 'CashMoved', { ...CASH, amount_pusd: '-1' }, 'DEPOSIT above 0'],
  ['a withdrawal that comes', 'CashMoved', { ...CASH, kind: 'WITHDRAWAL' }, 'WITHDRAWAL below 0'],
  ['cash of no kind', 'CashMoved', { ...CASH, kind: 'GIFT' }, 'CashMoved.kind: expected one of'],
  ['an amount too fine', 'CashMoved', { ...CASH, amount_pusd: '0.0000015' }, 'of six places'],
  ['an amount as a number', 'CashMoved', { ...CASH, amount_pusd: 1 }, 'expected a decimal string'],
  ['more than there is', 'CashMoved', { ...CASH, amount_pusd: '1e16' }, 'from 0 to 10¹⁵'],
  ['an unknown member', 'CashMoved', { ...CASH, fee: '1' }, 'only fields of its schema'],
  ['what the writer adds', 'PositionsSplit', { job_id: 'j' }, 'without job_id, which the ledger'],
  [
    'a split of nothing',
    'PositionsSplit',
    { condition_id: CONDITION, amount_pusd: '0' },
    'Expected amount_pusd of a PositionsSplit above 0',
  ],
  [
    'less than nothing paid',
    'PositionsRedeemed',
    { ...REDEEMED, payout_pusd: '-1' },
    'of 0 or more',
  ],
  [
    'a condition that is none',
    'PositionsRedeemed',
    { ...REDEEMED, condition_id: 'x' },
    'condition',
  ],
  [
    'a token twice',
    'PositionsRedeemed',
    { ...REDEEMED, legs: [leg(NO, '1'), leg(NO, '2')] },
    'Expected each token of legs once',
  ],
  ['a leg of nothing', 'PositionsRedeemed', { ...REDEEMED, legs: [leg(NO, '0')] }, 'above 0'],
  ['a leg of no token', 'PositionsRedeemed', { ...REDEEMED, legs: [leg('0x1', '1')] }, 'of tokens'],
  ['no shares', 'TokensTransferred', { ...SENT, quantity_shares: '0' }, 'above 0; found 0'],
  [
    'a basis below 0',
    'TokensTransferred',
    { ...SENT, basis_pusd: '-1' },
    'basis_pusd of 0 or more',
  ],
  [
    'a text without end',
    'CashMoved',
    { ...CASH, block_hash: 'x'.repeat(600) },
    'at most 512 bytes',
  ],
  ['a block before the first', 'CashMoved', { ...CASH, block_number: -1 }, 'of 0 or more'],
  [
    'an index set of no question',
    'PositionsConverted',
    { neg_risk_market_id: MARKET, amount_shares: '5', payout_pusd: '10', index_set: '0' },
    'Expected index_set of a PositionsConverted in decimal digits, above 0',
  ],
  [
    'a fee of more than all',
    'PositionsConverted',
    { neg_risk_market_id: MARKET, amount_shares: '5', payout_pusd: '10', fee_bips: 10_001 },
    'Expected fee_bips of at most 10000; found 10001.',
  ],
];

test.each(ODD)('%s is refused with a sentence', (_what, type, value, sentence) => {
  expect(refusalOf(read(movement(type, value)))).toContain(sentence);
});

test.each([
  ['none', null, 'INCOMPLETE_INPUT: Expected the time of a CashMoved; found none.'],
  ['one before there was such a chain', 0, 'INVALID_INPUT: Expected the time of a CashMoved'],
])('a time that is %s is refused', (_what, effectiveAt, sentence) => {
  const raw = { ...movement('CashMoved', CASH), effectiveAt } as RawInput;
  expect(refusalOf(read(raw))).toContain(sentence);
});

test('a refusal keeps the account that it names', () => {
  expect(read(movement('CashMoved', { ...CASH, amount_pusd: '0' }))).toMatchObject({
    kind: 'refusal',
    names: { account: ALICE, fillId: null, orderId: null },
  });
});

function leg(token: string, quantity: string) {
  return { token_id: token, quantity_shares: quantity };
}
