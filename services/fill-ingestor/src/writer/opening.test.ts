/** What an opening balance holds already is booked no second time (rules B10, B13). */

import { describe, expect, test } from '@jest/globals';
import {
  ALICE,
  command,
  type Fields,
  MATCH,
  movement,
  outcomesOf,
  testWriter,
  TX,
  typesOf,
  valuesOf,
  YES,
} from '../../test/inputs.ts';
import { parseAccounts } from '../accounts.ts';
import { type RawInput } from '../raw.ts';

const INSIDE = 'quarantined: GOV_BEFORE_OPENING';
const REFUSED = 'quarantined: GOV_COMMAND_REFUSED';
const HASH = `0x${'22'.repeat(32)}`;
const MORNING = '2026-05-08T11:00:00Z';
const NOW = '2026-05-08T12:00:00Z';
const LATER = '2026-05-08T13:00:00Z';
const PLACED = { ...MATCH, tx_hash: TX, order_hash: HASH };
const MATCHED = { ...MATCH, status: 'MATCHED' };

function opening(more: Fields = {}, block: number | null = 100): RawInput {
  const at = block === null ? {} : { block_number: block };
  const positions = [{ token_id: YES, quantity_shares: '5' }];
  const given = { balance_pusd: '10', positions, ...at };
  return command('DECLARE_OPENING_BALANCE', given, { approved_by: 'auditor', ...more });
}

function transfer(block: number, source: 'chain' | 'file' = 'chain', more = {}): RawInput {
  const whose = { kind: 'TRANSFER', direction: 'IN', counterparty: ALICE.replace('a1', 'c3') };
  const value = { ...whose, token_id: YES, quantity_shares: '5', ...more };
  return movement('TokensTransferred', { ...value, block_number: block }, source);
}

function report(fields: Fields): RawInput {
  return { format: 'execution', fields, terms: null };
}

describe('a movement', () => {
  test('of a block up to that of the opening is named and not booked, a later one is', () => {
    const next = { tx_hash: `0x${'33'.repeat(32)}` };
    const written = testWriter().inputs(
      opening(),
      transfer(50),
      transfer(100),
      transfer(101, 'chain', next),
    );
    expect(outcomesOf(written)).toEqual(['applied', INSIDE, INSIDE, 'applied']);
    expect(typesOf(written).filter((type) => type !== 'QuarantinedInput')).toEqual([
      'OpeningBalance',
      'TokensTransferred',
    ]);
    expect(valuesOf(written, 'QuarantinedInput')[0]).toMatchObject({
      reason_code: 'GOV_BEFORE_OPENING',
      account: ALICE,
      detail: expect.stringMatching(/opening balance of block 100; found it at block 50/u),
    });
  });

  test('puts no account in doubt: what it moved is in the books', () => {
    const written = testWriter().inputs(opening(), transfer(50));
    expect([...written.entities.keys()].filter((key) => key.startsWith('doubts'))).toEqual([]);
  });

  test('without a block on either side is held against the time of the opening', () => {
    const at = (effective_at: string) => opening({ effective_at }, null);
    const run = (first: RawInput) => outcomesOf(testWriter().inputs(first, transfer(50)));
    expect(run(at(LATER))).toEqual(['applied', INSIDE]);
    // At that very moment it is the first of what comes after.
    expect(run(at(NOW))).toEqual(['applied', 'applied']);
  });

  test('of a file beside the chain is inside the opening, whoever is declared', () => {
    const written = testWriter(declared('chain')).inputs(opening(), transfer(50, 'file'));
    expect(outcomesOf(written)).toEqual(['applied', INSIDE]);
  });

  test('that a file told as later than it was is named, and puts the account in doubt', () => {
    const cash = { kind: 'DEPOSIT', amount_pusd: '5' };
    const written = testWriter().inputs(
      opening({ effective_at: MORNING }),
      movement('CashMoved', cash, 'file'),
      movement('CashMoved', { ...cash, block_number: 90 }, 'chain'),
      movement('CashMoved', { ...cash, block_number: 90 }, 'chain'),
    );
    expect(outcomesOf(written)).toEqual(['applied', 'applied', INSIDE, INSIDE]);
    expect(typesOf(written).filter((type) => type === 'CashMoved')).toHaveLength(1);
    expect([...written.entities.keys()]).toContain('doubts|3');
  });
});

test('what nobody can tell of a block inside the opening puts no account in doubt', () => {
  const odd = (blockNumber: number): RawInput => ({
    format: 'unusable',
    because: 'Expected transfers that belong to something; found others.',
    recordType: 'ChainTransaction',
    reason: 'GOV_MOVEMENT_UNCLASSIFIED',
    account: ALICE,
    blockNumber,
  });
  const doubted = (block: number) => {
    const written = testWriter().inputs(opening(), odd(block));
    return [outcomesOf(written)[1], written.entities.has('doubts|3')];
  };
  expect(doubted(100)).toEqual([INSIDE, false]);
  expect(doubted(101)).toEqual(['quarantined: GOV_MOVEMENT_UNCLASSIFIED', true]);
});

describe('a fill', () => {
  test.each(['CONFIRMED', 'MINED'])(
    '%s in a block up to that of the opening is named',
    (status) => {
      const fill = (block: string) => report({ ...PLACED, status, block_number: block });
      const written = testWriter().inputs(opening(), fill('100'), fill('101'));
      expect(outcomesOf(written)).toEqual(['applied', INSIDE, 'applied']);
    },
  );

  test('that is pending when the opening is declared is closed once its block is told', () => {
    const confirmed = report({ ...PLACED, block_number: '100' });
    const written = testWriter().inputs(report(MATCHED), opening(), confirmed, confirmed);
    expect(outcomesOf(written)).toEqual(['applied', 'applied', INSIDE, INSIDE]);
    const types = typesOf(written).filter((type) => type.startsWith('Fill'));
    expect(types).toEqual(['FillMatched', 'FillFailed']);
  });

  test('without a block is held against the time of the opening', () => {
    const late = report({ ...MATCH, effective_at: LATER });
    const early = report({ ...MATCH, effective_at: MORNING });
    const run = (fill: RawInput) => outcomesOf(testWriter().inputs(opening(), fill));
    expect(run(early)).toEqual(['applied', INSIDE]);
    expect(run(late)).toEqual(['applied', 'applied']);
    // Nobody knows yet when it will be mined.
    expect(run(report({ ...MATCHED, effective_at: MORNING }))).toEqual(['applied', 'applied']);
  });

  test('that a source which is not of record tells is no fill that another one lacks', () => {
    const fill = { ...PLACED, block_number: '50' };
    const written = testWriter(declared('venue')).inputs(opening(), report(fill));
    expect(outcomesOf(written)).toEqual(['applied', INSIDE]);
  });

  test('that was booked without its block is named once that lies inside, to be reversed', () => {
    const placed = report({ ...PLACED, effective_at: LATER, block_number: '99' });
    const bare = report({ ...PLACED, effective_at: LATER });
    const written = testWriter().inputs(opening(), bare, placed);
    expect(outcomesOf(written)).toEqual(['applied', 'applied', INSIDE]);
    expect(valuesOf(written, 'QuarantinedInput')).toMatchObject([
      { detail: expect.stringContaining('REVERSE_FILL'), fill_id: 'F1' },
    ]);
    expect([...written.entities.keys()]).toContain('doubts|3');
  });
});

describe('an opening balance', () => {
  const fill = report({ ...PLACED, block_number: '60' });

  test.each([
    ['a movement', transfer(60), 60],
    ['a fill', fill, 60],
    ['a fill', fill, 61],
  ])('is refused behind %s of its block or before', (_what, before, block) => {
    const written = testWriter().inputs(before, opening({}, block));
    expect(outcomesOf(written)).toEqual(['applied', REFUSED]);
    expect(valuesOf(written, 'QuarantinedInput')[0]?.['detail']).toContain('block 60');
  });

  test.each([
    ['a movement', transfer(60)],
    ['a fill', fill],
  ])('is taken behind %s of a later block, whatever its time', (_what, before) => {
    const written = testWriter().inputs(before, opening({ effective_at: LATER }, 59));
    expect(outcomesOf(written)).toEqual(['applied', 'applied']);
  });

  test('is refused behind what was before its time, where one of the two names no block', () => {
    const run = (before: RawInput, block: number | null, effective_at: string) =>
      outcomesOf(testWriter().inputs(before, opening({ effective_at }, block)))[1];
    expect(run(report(MATCH), 59, LATER)).toBe(REFUSED);
    expect(run(report(MATCH), 59, NOW)).toBe('applied');
    expect(run(fill, null, LATER)).toBe(REFUSED);
    expect(run(fill, null, NOW)).toBe('applied');
  });

  test('is refused behind a fill whose block was told after it was booked', () => {
    const bare = report({ ...PLACED, effective_at: LATER });
    const placed = report({ ...PLACED, effective_at: LATER, block_number: '60' });
    const written = testWriter().inputs(bare, placed, opening({ effective_at: MORNING }, 60));
    expect(outcomesOf(written)).toEqual(['applied', 'applied', REFUSED]);
  });

  test('is taken behind fills that are not booked, and behind those of others', () => {
    const others = { ...PLACED, account: `0x${'b7'.repeat(20)}`, fill_id: 'F9', order_id: 'O9' };
    const written = testWriter().inputs(
      report({ ...MATCHED, block_number: '50' }),
      report({ ...others, block_number: '50' }),
      opening(),
    );
    expect(outcomesOf(written)).toEqual(['applied', 'applied', 'applied']);
  });
});

function declared(other: string) {
  const source = other === 'chain' ? 'bus' : other;
  const accounts = parseAccounts(
    JSON.stringify({ [ALICE]: { source_of_record: source, other_sources: ['chain'] } }),
  );
  if ('code' in accounts) throw new Error(accounts.message);
  return accounts;
}
