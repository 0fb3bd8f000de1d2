/** Commands: what each puts on the log, when it is the same again, and what is refused by name. */

import { describe, expect, test } from '@jest/globals';
import {
  ALICE,
  command,
  CONDITION,
  DEFINITION,
  type Fields,
  movement,
  NO,
  NOON,
  outcomesOf,
  testWriter,
  TX,
  typesOf,
  valuesOf,
  YES,
} from '../../test/inputs.ts';
import { TTL_MS_MAX } from '../commands.ts';

const SHARES = { token_id: YES, quantity_shares: '10.5', ttl_ms: 60_000 };
const CASH = { amount_pusd: '5', max_fee_pusd: '0.1', ttl_ms: 1 };
const CLAIM = { job_id: 'job-1', tx_hash: TX };
const OPENING = {
  balance_pusd: '1000.000001',
  positions: [
    {
      trading_bot_id: 'alpha',
      condition_id: CONDITION,
      token_id: YES,
      quantity_shares: '5',
      basis_pusd: '2.5',
      acquired_at: '2026-05-01T00:00:00Z',
    },
    { token_id: NO, quantity_shares: '1' },
  ],
};
const REVIEWED = { approved_by: 'auditor' };

describe('RESERVE', () => {
  test('asks for shares, for a time that counts from when it was recorded', () => {
    const written = testWriter().inputs(command('RESERVE', { ...SHARES, trading_bot_id: 'beta' }));
    expect(valuesOf(written, 'ReservationRequested')).toMatchObject([
      {
        account: ALICE,
        trading_bot_id: 'beta',
        token_id: YES,
        quantity_shares: 10_500_000n,
        amount_pusd: null,
        max_fee_pusd: null,
        ttl_ms: 60_000,
        recorded_at: NOON + 1,
        expires_at: NOON + 1 + 60_000_000,
        proposed_by: 'desk',
        correlation_id: 'talk-1',
        causation_id: 'cmd-RESERVE',
        source: 'commands',
      },
    ]);
  });

  test('asks for cash; without a largest fee, too: the reserver refuses that, and says so', () => {
    const bare = { amount_pusd: '5', ttl_ms: '1000' };
    const written = testWriter().inputs(
      command('RESERVE', CASH),
      command('RESERVE', bare, { command_id: 'other' }),
    );
    expect(valuesOf(written, 'ReservationRequested')).toMatchObject([
      { amount_pusd: 5_000_000n, max_fee_pusd: 100_000n, trading_bot_id: 'unattributed' },
      { amount_pusd: 5_000_000n, max_fee_pusd: null },
    ]);
  });

  test('has a reservation of its own, whose id may be given once', () => {
    const named = { ...SHARES, reservation_id: 'r-1' };
    const written = testWriter().inputs(
      command('RESERVE', named),
      command('RESERVE', named, { command_id: 'other' }),
      command('RESERVE', SHARES, { command_id: 'third' }),
    );
    expect(outcomesOf(written)).toEqual(['applied', 'quarantined: GOV_COMMAND_REFUSED', 'applied']);
    const [first, second] = valuesOf(written, 'ReservationRequested');
    expect(first?.['reservation_id']).toBe('r-1');
    expect(second?.['reservation_id']).toMatch(/^rsv_/);
  });
});

describe('jobs', () => {
  test('are claimed with a transaction and failed with a reason, by who asks or is named', () => {
    const written = testWriter().inputs(
      command('CLAIM_JOB', { ...CLAIM, claimed_by: 'treasury-bot' }),
      command('FAIL_JOB', CLAIM),
    );
    expect(valuesOf(written, 'SettlementJobClaimed')).toMatchObject([
      { job_id: 'job-1', account: ALICE, tx_hash: TX, claimed_by: 'treasury-bot' },
    ]);
    expect(valuesOf(written, 'SettlementJobFailed')).toMatchObject([
      { job_id: 'job-1', tx_hash: TX, failed_by: 'desk', reason: 'as agreed' },
    ]);
  });

  test('a second claim with the same transaction is refused, one with another is not', () => {
    const written = testWriter().inputs(
      command('CLAIM_JOB', CLAIM),
      command('CLAIM_JOB', CLAIM, { command_id: 'b' }),
      command('CLAIM_JOB', { ...CLAIM, tx_hash: `0x${'22'.repeat(32)}` }, { command_id: 'c' }),
    );
    expect(outcomesOf(written)).toEqual(['applied', 'quarantined: GOV_COMMAND_REFUSED', 'applied']);
  });
});

describe('DECLARE_OPENING_BALANCE', () => {
  test('begins the books with what somebody reviewed, markets first', () => {
    const writer = testWriter();
    writer.say({ kind: 'facts', definition: DEFINITION, definitionHash: 'h1', marks: [] });
    const written = writer.inputs(command('DECLARE_OPENING_BALANCE', OPENING, REVIEWED));
    expect(typesOf(written)).toEqual(['MarketDefined', 'OpeningBalance']);
    expect(valuesOf(written, 'OpeningBalance')).toMatchObject([
      {
        account: ALICE,
        balance_pusd: 1_000_000_001n,
        approved_by: 'auditor',
        proposed_by: 'desk',
        positions: [
          { trading_bot_id: 'alpha', quantity_shares: 5_000_000n, basis_pusd: 2_500_000n },
          { trading_bot_id: 'unattributed', condition_id: null, basis_pusd: null },
        ],
      },
    ]);
  });

  test('its shares are held: a redemption finds them', () => {
    const redeemed = { condition_id: CONDITION, payout_pusd: '5' };
    const written = testWriter().inputs(
      command('DECLARE_OPENING_BALANCE', OPENING, REVIEWED),
      movement('PositionsRedeemed', redeemed, 'file'),
    );
    expect(valuesOf(written, 'PositionsRedeemed')).toMatchObject([
      { legs: [{ quantity_shares: 5_000_000n }, { quantity_shares: 1_000_000n }] },
    ]);
  });

  test('is done once an account', () => {
    const written = testWriter().inputs(
      command('DECLARE_OPENING_BALANCE', OPENING, REVIEWED),
      command('DECLARE_OPENING_BALANCE', OPENING, { ...REVIEWED, command_id: 'b' }),
    );
    expect(outcomesOf(written)).toEqual(['applied', 'quarantined: GOV_COMMAND_REFUSED']);
  });
});

describe('the same again', () => {
  const ALL = [
    command('RESERVE', SHARES),
    command('CLAIM_JOB', CLAIM),
    command('FAIL_JOB', CLAIM),
    command('DECLARE_OPENING_BALANCE', OPENING, REVIEWED),
  ];

  test.each(ALL.map((raw) => [raw.format === 'command' ? raw.fields['command'] : '', raw]))(
    '%s under its id is a duplicate',
    (_name, raw) => {
      if (typeof raw !== 'object') throw new Error('Expected a command.');
      expect(outcomesOf(testWriter().inputs(raw, raw))).toEqual(['applied', 'ignored: duplicate']);
    },
  );

  test('asked later, or by somebody else, it is the same', () => {
    const later = { effective_at: '2026-05-08T13:00:00Z', proposed_by: 'night desk' };
    const written = testWriter().inputs(
      command('RESERVE', SHARES),
      command('RESERVE', SHARES, later),
    );
    expect(outcomesOf(written)).toEqual(['applied', 'ignored: duplicate']);
  });

  test('another command under a known id is refused, and names what stands', () => {
    const written = testWriter().inputs(command('RESERVE', SHARES), command('RESERVE', CASH));
    const [request] = valuesOf(written, 'ReservationRequested');
    expect(valuesOf(written, 'QuarantinedInput')).toMatchObject([
      {
        reason_code: 'GOV_COMMAND_REFUSED',
        account: ALICE,
        conflicts_with_event_id: request?.['event_id'],
      },
    ]);
  });
});

type Refused = readonly [what: string, name: string, given: object | string, sentence: string];

const REFUSED: readonly (Refused | readonly [...Refused, Fields])[] = [
  ['a command without capability', 'DANCE', {}, 'found "DANCE", for which'],
  ['what every object has', 'constructor', {}, 'found "constructor", for which'],
  ['less than no shares', 'RESERVE', { ...SHARES, quantity_shares: '-1' }, 'found "-1"'],
  ['no object', 'RESERVE', '[1]', 'Expected the arguments as one JSON object'],
  ['no JSON', 'RESERVE', '{', 'Expected the arguments as one JSON object'],
  ['a name twice', 'RESERVE', '{"ttl_ms":1,"ttl_ms":2}', 'no name twice'],
  ['an argument that it does not have', 'RESERVE', { ...CASH, tll: 1 }, 'found "tll"'],
  ['shares and cash', 'RESERVE', { ...SHARES, amount_pusd: '1' }, 'found neither'],
  ['nothing to reserve', 'RESERVE', { ttl_ms: 1 }, 'found neither'],
  ['a token without shares', 'RESERVE', { token_id: YES, ttl_ms: 1 }, 'found neither'],
  ['none of it', 'RESERVE', { ...CASH, amount_pusd: '0' }, 'Expected more than 0 to reserve'],
  ['less than nothing', 'RESERVE', { ...CASH, amount_pusd: '-1' }, 'amount_pusd of 0 or more'],
  ['an amount that is no number', 'RESERVE', { ...CASH, amount_pusd: 'x' }, 'Expected a decimal'],
  ['an amount too fine', 'RESERVE', { ...CASH, amount_pusd: '0.0000015' }, 'of a millionth'],
  ['an amount beyond the door', 'RESERVE', { ...CASH, amount_pusd: '1e16' }, 'from 0 to 10¹⁵'],
  ['a token with zeros', 'RESERVE', { ...SHARES, token_id: '007' }, 'without leading zeros'],
  ['no time', 'RESERVE', { amount_pusd: '5' }, 'Expected ttl_ms from 1'],
  ['a time of none', 'RESERVE', { ...CASH, ttl_ms: 0 }, 'Expected ttl_ms from 1'],
  ['a time too long', 'RESERVE', { ...CASH, ttl_ms: TTL_MS_MAX + 1 }, 'found "2592000001"'],
  ['a claim without job', 'CLAIM_JOB', { tx_hash: TX }, 'Expected job_id and tx_hash'],
  ['a claim with no hash', 'CLAIM_JOB', { ...CLAIM, tx_hash: '0x1' }, 'as 0x and 64 hex digits'],
  ['a failure of nothing', 'FAIL_JOB', {}, 'Expected job_id of what failed'],
  ['books that nobody reviewed', 'DECLARE_OPENING_BALANCE', OPENING, 'Expected approved_by'],
  ['books without cash', 'DECLARE_OPENING_BALANCE', {}, 'Expected balance_pusd', REVIEWED],
  [
    'a position of no shares',
    'DECLARE_OPENING_BALANCE',
    { balance_pusd: '0', positions: [{ token_id: YES, quantity_shares: '0' }] },
    'more than 0 quantity_shares',
    REVIEWED,
  ],
  [
    'positions that are no list',
    'DECLARE_OPENING_BALANCE',
    { balance_pusd: '0', positions: {} },
    'Expected positions as a list',
    REVIEWED,
  ],
  ['no account', 'RESERVE', CASH, 'Expected the account of the command', { account: '' }],
  ['an account that is none', 'RESERVE', CASH, 'found "0x12"', { account: '0x12' }],
  ['a reason without end', 'RESERVE', CASH, 'Expected reason', { reason: 'x'.repeat(20_000) }],
  [
    'a time before there was such a chain',
    'RESERVE',
    CASH,
    'Expected effective_at from 2015',
    { effective_at: '1970-01-01T00:00:00Z' },
  ],
];

test.each(REFUSED)('%s is refused with a sentence', (_what, name, given, sentence, more = {}) => {
  const text = typeof given === 'string' ? given : JSON.stringify(given);
  const written = testWriter().inputs(command(name, text, more));
  const [aside] = valuesOf(written, 'QuarantinedInput');
  expect(aside?.['reason_code']).toBe('GOV_COMMAND_REFUSED');
  expect(aside?.['detail']).toContain(sentence);
  expect(typesOf(written)).toEqual(['QuarantinedInput']);
});

test('amounts are read digit by digit, quoted or not', () => {
  const text = '{"amount_pusd": 90071992547409.930001, "ttl_ms": 5, "max_fee_pusd": "1e-6"}';
  expect(
    valuesOf(testWriter().inputs(command('RESERVE', text)), 'ReservationRequested'),
  ).toMatchObject([{ amount_pusd: 90_071_992_547_409_930_001n, max_fee_pusd: 1n }]);
});
