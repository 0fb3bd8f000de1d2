/** Identity, joins and sources of record, told through the whole writer. */

import { describe, expect, test } from '@jest/globals';
import { type Accounts, parseAccounts } from '../accounts.ts';
import {
  ALICE,
  BOB,
  type Fields,
  MATCH,
  NO,
  ORDER,
  outcomesOf,
  TERMS,
  testWriter,
  valuesOf,
  without,
} from '../../test/inputs.ts';
import { type RawInput } from '../raw.ts';
import { storage } from './storage.ts';

const TX = `0x${'11'.repeat(32)}`;
const HASH = `0x${'33'.repeat(32)}`;

function declared(json: object): Accounts {
  const accounts = parseAccounts(JSON.stringify(json));
  if ('code' in accounts) throw new Error(accounts.message);
  return accounts;
}

describe('a confirmed fill whose record names a transaction and no block', () => {
  const PLACED = { ...MATCH, tx_hash: TX, order_hash: HASH };
  const unplacedAt = (...reports: readonly Fields[]): unknown => {
    const { entities } = testWriter().reports(...reports);
    const fill = entities.get('fill|F1');
    return fill?.kind === 'fill' ? fill.unplacedAt : 'no fill';
  };
  const noon = Date.parse('2026-05-08T12:00:00Z') * 1000;

  test('is noted by its time: its receipt is asked for at the end of the window', () => {
    expect(unplacedAt(PLACED)).toBe(noon);
    expect(unplacedAt(without(PLACED, 'order_hash'))).toBe(noon);
  });

  test('stays noted though its block is learned later: the log does not have it', () => {
    expect(unplacedAt(PLACED, { ...PLACED, block_number: '7' })).toBe(noon);
  });

  test('is none with a block, without a transaction, before its end, or of paper', () => {
    expect(unplacedAt({ ...PLACED, block_number: '7' })).toBeNull();
    expect(unplacedAt({ ...PLACED, status: 'MINED', block_number: '7' }, PLACED)).toBeNull();
    expect(unplacedAt(MATCH)).toBeNull();
    expect(unplacedAt({ ...PLACED, status: 'MINED' })).toBeNull();
    expect(unplacedAt({ ...PLACED, paper: 'true' })).toBeNull();
  });
});

describe('identity within one source (B9)', () => {
  test('the same fill again is a duplicate, with any status, mark or metadata', () => {
    const written = testWriter().reports(MATCH, MATCH, {
      ...MATCH,
      mark_price: '0.6',
      correlation_id: 'x',
    });
    expect(outcomesOf(written)).toEqual(['applied', 'ignored: duplicate', 'ignored: duplicate']);
  });

  test.each([
    ['quantity', { quantity_shares: '101' }],
    ['notional', { size_pusd: '50.1' }],
    ['token', { token_id: NO }],
    ['side', { order_side: 'SELL' }],
    ['order', { order_id: 'O2' }],
    ['account', { account: BOB }],
    ['fee', { fee_pusd: '0.26' }],
  ])('the same id with another %s is a conflict, kept with both', (_what, change) => {
    const written = testWriter().reports(MATCH, { ...MATCH, ...change });
    expect(outcomesOf(written)).toEqual(['applied', 'quarantined: GOV_FILL_CONFLICT']);
    const [kept] = valuesOf(written, 'QuarantinedInput');
    const [confirmed] = valuesOf(written, 'FillConfirmed');
    expect(kept?.['conflicts_with_event_id']).toBe(confirmed?.['event_id']);
    expect(String(kept?.['raw'])).not.toBe(String(kept?.['conflicts_with_raw']));
  });

  test('a fee that only one side knows is no conflict', () => {
    const written = testWriter().reports(
      { ...without(MATCH, 'fee_pusd'), status: 'MATCHED' },
      MATCH,
    );
    expect(outcomesOf(written)).toEqual(['applied', 'applied']);
  });
});

describe('hashes that come one by one', () => {
  const placed = { tx_hash: TX, order_hash: HASH };
  const first = { ...MATCH, ...placed };

  test('are on the log, and claim no place that another fill holds already', () => {
    const written = testWriter().reports(
      first,
      { ...MATCH, fill_id: 'F2', status: 'MATCHED', order_hash: HASH },
      { ...MATCH, fill_id: 'F2', tx_hash: TX },
      { ...first, fill_id: 'F3' },
    );
    expect(outcomesOf(written)).toEqual(['applied', 'applied', 'applied', 'applied']);
    expect(valuesOf(written, 'FillConfirmed')).toMatchObject([
      { fill_id: 'F1', ...placed },
      { fill_id: 'F2', ...placed },
    ]);
    const { entities } = written;
    expect(entities.get('fill|F3')).toMatchObject({ joinedTo: 'F1' });
    expect(storage.changes('fill|F2', undefined, entities.get('fill|F2'))).toMatchObject([
      { upsert: 'fill_identity' },
    ]);
  });

  test('are a place from when one report says them both', () => {
    const written = testWriter().reports(
      { ...MATCH, status: 'MATCHED', order_hash: HASH },
      { ...MATCH, status: 'MINED', tx_hash: TX },
      first,
    );
    const state = written.entities.get('fill|F1');
    expect(storage.changes('fill|F1', undefined, state)).toMatchObject([
      { upsert: 'fill_identity' },
      { upsert: 'fill_place', row: { ...placed, fill_id: 'F1', log_partition: '3' } },
    ]);
  });
});

test('a transaction that is sent again leaves its place, which others may take', () => {
  const again = { tx_hash: `0x${'22'.repeat(32)}`, order_hash: HASH };
  const written = testWriter().reports(
    { ...MATCH, tx_hash: TX, order_hash: HASH, status: 'MATCHED' },
    { ...MATCH, ...again, status: 'MINED' },
  );
  const after = written.entities.get('fill|F1');
  if (after?.kind !== 'fill') throw new Error('Expected fill F1; found none.');
  const changes = storage.changes('fill|F1', { ...after, txHash: TX }, after);
  expect(changes).toMatchObject([
    { upsert: 'fill_identity' },
    { remove: 'fill_place', row: { tx_hash: TX } },
    { upsert: 'fill_place', row: again },
  ]);
});

describe('accounts in doubt (B8, B9)', () => {
  const place = { tx_hash: TX, order_hash: HASH };
  const later = { ...MATCH, fill_id: 'F9' };
  const stranger = { ...later, account: BOB };

  test.each([
    ['the end of a fill is told two ways', { ...MATCH, status: 'FAILED' }],
    ['two fills claim one place', { ...MATCH, ...place, fill_id: 'F2', order_side: 'SELL' }],
  ])('after %s, the later fills of the account say so, and no others', (_what, odd) => {
    const written = testWriter().reports({ ...MATCH, ...place }, odd, odd, later, {
      ...stranger,
      fill_id: 'F10',
    });
    expect(valuesOf(written, 'FillConfirmed')).toMatchObject([
      { fill_id: 'F1', incomplete_reasons: [] },
      { fill_id: 'F9', incomplete_reasons: ['GOV_ACCOUNT_INCOMPLETE'] },
      { fill_id: 'F10', incomplete_reasons: [] },
    ]);
  });

  test('the doubt is a row, with the first report that was set aside, and is read back', () => {
    const odd = { ...MATCH, status: 'FAILED' };
    const doubts = testWriter().reports(MATCH, odd, odd).entities.get('doubts|3');
    const changes = storage.changes('doubts|3', undefined, doubts);
    const row = {
      log_partition: '3',
      account: ALICE,
      reason_code: 'GOV_FILL_STATUS_CONFLICT',
      source: 'bus',
      source_position: 'test/2',
    };
    expect(changes).toEqual([{ upsert: 'account_in_doubt', row }]);
    expect(storage.changes('doubts|3', doubts, doubts)).toEqual([]);
    expect(storage.revive('doubts|3', { account_in_doubt: [row] })).toEqual(doubts);
  });

  test('another content under the same id is set aside and leaves the account as it was', () => {
    const written = testWriter().reports(MATCH, { ...MATCH, quantity_shares: '101' }, later);
    expect(valuesOf(written, 'FillConfirmed')[1]).toMatchObject({ incomplete_reasons: [] });
  });
});

describe('a fee that an earlier report stated (B6)', () => {
  const bare = without(MATCH, 'fee_pusd');

  test('in basis points is judged as basis points, not as the amount that they make', () => {
    const written = testWriter().reports({ ...bare, fee_bps: '300', status: 'MATCHED' }, bare);
    expect(valuesOf(written, 'FillConfirmed')).toMatchObject([
      { fee_bps: 300, fee_pusd: null, fee_source: 'MATCH_EVENT' },
    ]);
  });

  test('by the operator of an import is said to be declared, and by whom', () => {
    const both = declared({ [ALICE]: { source_of_record: 'bus', other_sources: ['file'] } });
    const place = { tx_hash: TX, order_hash: HASH };
    const { reports, inputs } = testWriter(both);
    reports({ ...bare, ...place, status: 'MATCHED' });
    const terms = { ...TERMS, zeroFeeDeclaredBy: 'olga' };
    inputs({ format: 'execution', fields: { ...bare, ...place }, terms });
    expect(valuesOf(reports({ ...bare, ...place }), 'FillConfirmed')).toMatchObject([
      {
        fee_pusd: 0n,
        fee_source: 'DECLARED',
        fee_declared_by: 'olga',
        flags: ['GOV_FEE_DECLARED'],
      },
    ]);
  });
});

test('a provisional fee does not bind: the exact one that comes later is the fee', () => {
  const bps = { ...without(MATCH, 'fee_pusd'), fee_bps: '25', status: 'MATCHED' };
  const written = testWriter().reports(bps, { ...MATCH, fee_pusd: '0.13' });
  expect(valuesOf(written, 'FillConfirmed')).toMatchObject([{ fee_pusd: 130_000n, fee_bps: null }]);
});

test.each([
  ['in pUSD', { fee_pusd: '0.25' }, { fee_pusd: 250_000n, fee_bps: null }],
  ['in basis points', { fee_bps: '25' }, { fee_pusd: null, fee_bps: 25 }],
])('a fee that the match stated %s is that of a confirmation without one', (_, said, is) => {
  const bare = without(MATCH, 'fee_pusd');
  const mined = { ...bare, status: 'MINED' };
  const written = testWriter().reports({ ...bare, ...said, status: 'MATCHED' }, mined, bare);
  for (const type of ['FillMatched', 'FillConfirmed'] as const)
    for (const value of valuesOf(written, type)) expect(value).toMatchObject(is);
});

describe('a zero that the operator of an import declares', () => {
  const bare = without(MATCH, 'fee_pusd');
  const terms = { ...TERMS, zeroFeeDeclaredBy: 'olga' };
  const row = (fields: Fields): RawInput => ({ format: 'execution', fields, terms });

  test.each([
    ['the fee that the confirmation states', { ...bare, status: 'MATCHED' }, MATCH],
    ['the fee that an earlier report stated', { ...MATCH, status: 'MATCHED' }, bare],
  ])('gives way to %s', (_what, first, second) => {
    const written = testWriter().inputs(row(first), row(second));
    expect(valuesOf(written, 'FillConfirmed')).toMatchObject([
      { fee_pusd: 250_000n, fee_source: 'MATCH_EVENT', flags: [] },
    ]);
  });

  test('is no contradiction where the fill is told again without a fee', () => {
    const written = testWriter().inputs(row(MATCH), row(bare));
    expect(outcomesOf(written)).toEqual(['applied', 'ignored: duplicate']);
  });
});

describe('the bot of a fill', () => {
  const nameless = without(MATCH, 'trading_bot_id');

  test.each([
    ['the confirmation names', [{ ...nameless, status: 'MATCHED' }, MATCH]],
    ['the order names that came in between', [{ ...nameless, status: 'MATCHED' }, ORDER, nameless]],
    ['the earlier report named', [{ ...MATCH, status: 'MATCHED' }, nameless]],
    ['the later report names', [{ ...MATCH, trading_bot_id: 'x', status: 'MATCHED' }, MATCH]],
  ])('is the one that %s', (_what, given) => {
    expect(valuesOf(testWriter().reports(...given), 'FillConfirmed')).toMatchObject([
      { trading_bot_id: 'alpha', incomplete_reasons: [] },
    ]);
  });
});

describe('a fill and its order', () => {
  const bareFill = without(without(without(MATCH, 'account'), 'token_id'), 'order_side');

  test.each([
    ['account', { account: BOB }],
    ['token', { token_id: NO }],
    ['side', { order_side: 'SELL' }],
  ])('of another %s are not booked together', (what, change) => {
    const written = testWriter().reports({ ...ORDER, ...change }, MATCH);
    expect(outcomesOf(written)).toEqual(['applied', 'quarantined: INVALID_INPUT']);
    expect(valuesOf(written, 'QuarantinedInput')[0]?.['detail']).toMatch(
      new RegExp(`^Expected the fill of order O1 to be (of ${what}|a) .* as the order is; found`),
    );
  });

  test('are both paper or both real, also where the fill names no account (B16)', () => {
    const written = testWriter().reports(ORDER, { ...bareFill, paper: 'true' }, bareFill);
    expect(outcomesOf(written)).toEqual(['applied', 'quarantined: INVALID_INPUT', 'applied']);
    expect(valuesOf(written, 'FillConfirmed')).toMatchObject([{ account: ALICE, paper: false }]);
  });

  test('a paper order stays one when a report without account closes it', () => {
    const written = testWriter().reports(
      { ...ORDER, paper: 'true' },
      { ...without(ORDER, 'account'), status: 'FILLED', paper: 'false' },
      { ...bareFill, paper: 'false' },
    );
    expect(valuesOf(written, 'OrderClosed')).toMatchObject([{ paper: true }]);
    expect(valuesOf(written, 'FillConfirmed')).toMatchObject([
      { account: `paper:${ALICE}`, paper: true },
    ]);
    const real = testWriter().reports(ORDER, {
      ...without(ORDER, 'account'),
      status: 'FILLED',
      paper: 'true',
    });
    expect(outcomesOf(real)).toEqual(['applied', 'quarantined: GOV_ORDER_CONFLICT']);
  });

  test('are folded on the partition of the account, or set aside', () => {
    const elsewhere = testWriter();
    elsewhere.reports(ORDER);
    const written = elsewhere.on(4).reports(bareFill, {
      ...without(ORDER, 'account'),
      status: 'CANCELLED',
    });
    expect(outcomesOf(written)).toEqual([
      'quarantined: INCOMPLETE_INPUT',
      'quarantined: INCOMPLETE_INPUT',
    ]);
    expect(valuesOf(written, 'QuarantinedInput').map((one) => one['detail'])).toEqual([
      'Expected order O1 before its fill F1, which names no account; found the fill first. Send ' +
        'it again.',
      'Expected the first report of order O1 before this one, which names no account; found this ' +
        'one first. Send it again.',
    ]);
  });
});
