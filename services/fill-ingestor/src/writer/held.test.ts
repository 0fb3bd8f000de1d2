/** What the writer remembers of holdings besides their sum: whether they are one bot's alone. */

import { expect, test } from '@jest/globals';
import {
  ALICE,
  command,
  CONDITION,
  MATCH,
  movement,
  testWriter,
  type Written,
  YES,
} from '../../test/inputs.ts';
import { heldKey } from './state.ts';

const SOLD = { ...MATCH, fill_id: 'F2', order_id: 'O2', order_side: 'SELL' };
const OUT = {
  kind: 'TRANSFER',
  direction: 'OUT',
  counterparty: `0x${'b0'.repeat(20)}`,
  token_id: YES,
  condition_id: CONDITION,
  quantity_shares: MATCH.quantity_shares,
};

/** What the wallet has of the token, and whose it is alone: `0 mm`, `0 several`. */
function held({ entities }: Written): string {
  const one = entities.get(heldKey(3, ALICE, CONDITION));
  if (one?.kind !== 'held') return 'nothing';
  return `${String(one.tokens.get(YES))} ${one.onlyBots.get(YES) ?? 'several'}`;
}

test('what one bot buys and sells is its alone', () => {
  expect(held(testWriter().reports(MATCH, SOLD))).toBe('0 alpha');
});

test('what one bot buys and another sells is of several, though the wallet holds nothing', () => {
  const sold = { ...SOLD, trading_bot_id: 'arb' };
  expect(held(testWriter().reports(MATCH, sold))).toBe('0 several');
  const more = { ...MATCH, fill_id: 'F3', order_id: 'O3' };
  expect(held(testWriter().reports(MATCH, sold, more))).toMatch(/several$/);
});

test('what came or went without a trade is of no bot alone', () => {
  const writer = testWriter();
  writer.reports(MATCH);
  expect(held(writer.inputs(movement('TokensTransferred', OUT)))).toBe('0 several');
});

test('a fill that is taken back was of its bot', () => {
  const writer = testWriter();
  writer.reports(MATCH);
  const reviewed = { approved_by: 'auditor' };
  expect(held(writer.inputs(command('REVERSE_FILL', { fill_id: 'F1' }, reviewed)))).toBe('0 alpha');
});
