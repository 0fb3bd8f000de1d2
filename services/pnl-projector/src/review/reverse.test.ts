/** A fill is taken back: its lines and its one correction, worked. */

import { describe, expect, test } from '@jest/globals';
import { codec, fieldsOfReport, type LedgerEvent, TOPICS } from '@polytraders/contracts';
import { pusd, shares } from '@polytraders/money';
import { createDriver } from '@polytraders/stream';
import { holdingKey, type Holding } from '../entities.ts';
import { ACCOUNT, NOON, TOKEN, fillConfirmed } from '../events.fixture.ts';
import {
  conversion,
  eventsOf,
  leg,
  marketDefined,
  marketResolved,
  redeem,
  transfer,
} from '../movements.fixture.ts';
import { processor } from '../processor.ts';
import { LATER_CHANGES_MAX } from './correction.ts';
import {
  confirmed,
  released,
  reversed,
  mode,
  buy,
  sell,
  play,
  reportsOf,
  book,
  noFee,
  DAY,
} from './desk.fixture.ts';

/** A driver whose ledger has lost the months before an offset. */
function driverFrom(first: number) {
  const { history } = processor;
  if (history === undefined) throw new Error('no history');
  const { revive } = history;
  const kept: typeof revive = (lines) => revive(lines.filter(({ offset }) => offset >= first));
  return createDriver({ ...processor, history: { ...history, revive: kept } });
}

describe('a reversal', () => {
  const history = [
    confirmed(buy('f1', 50n)),
    confirmed(buy('f2', 60n)),
    confirmed(sell('f3', 70n, { confirmed_at: NOON + DAY })),
  ];

  test('of a fill whose lot is taken restates what took it, at the time of that', () => {
    const played = play(...history, reversed(buy('f1', 50n)));
    const lines = played.entries.slice(3);
    expect(lines).toMatchObject([
      {
        entry_kind: 'REVERSE',
        fill_id: 'f1',
        confirmed_at: NOON,
        quantity_shares: -100_000_000n,
        size_pusd: -50_000_000n,
        gross_fee_pusd: -125_000n,
        cash_pusd: 50_125_000n,
        opened_basis_pusd: -50_000_000n,
        realised_pnl_pusd: 0n,
      },
      {
        entry_kind: 'RESTATE',
        fill_id: 'f3',
        confirmed_at: NOON + DAY,
        quantity_shares: 0n,
        cash_pusd: 0n,
        closed_basis_pusd: 10_000_000n,
        realised_pnl_pusd: -10_000_000n,
        position_shares: 0n,
        cost_basis_pusd: 0n,
      },
    ]);
    expect(book(played)).toMatchObject({ fills: 2, volume: 130_000_000n });
    expect(book(played)?.position).toMatchObject({ direction: 'FLAT', realised: 10_000_000n });
  });

  test('is one CORRECTION that cites the old report, with what it said and what holds now', () => {
    const { emitted } = play(...history, reversed(buy('f1', 50n)));
    const report = reportsOf(emitted).at(-1);
    expect(reportsOf(emitted).map((one) => one.event_type)).toEqual([
      'FILL_PNL_COMPUTED',
      'FILL_PNL_COMPUTED',
      'FILL_PNL_COMPUTED',
      'CORRECTION',
    ]);
    expect(report).toMatchObject({
      report_id: 'settlement_fill_f1_c1',
      corrects: 'settlement_fill_f1',
      revision: 1,
      publication: 'RELEASED',
      reason: 'traded by mistake of the venue',
      proposed_by: 'ops',
      approved_by: 'finance',
      retained_until: '2033-05-08',
      changes: [
        { field: 'quantity_shares', before: '100', after: '0' },
        { field: 'size_pusd', before: '50', after: '0' },
        { field: 'gross_fee_pusd', before: '0.125', after: '0' },
        { field: 'maker_rebate_pusd', before: '0', after: '0' },
        { field: 'net_fee_pusd', before: '0.125', after: '0' },
        { field: 'realised_pnl_pusd', before: '0', after: '0' },
        { field: 'position_shares', before: '100', after: '0' },
        { field: 'later_realised_pnl_pusd', before: '20', after: '10' },
        { field: 'settlement_fill_f3.realised_pnl_pusd', before: '20', after: '10' },
      ],
    });
    const allowed = new Set<string>(fieldsOfReport('CORRECTION'));
    const given = Object.entries(report ?? {}).filter(([, value]) => value !== null);
    expect(given.map(([name]) => name).filter((name) => !allowed.has(name))).toEqual([]);
    expect(() => codec.encode('SettlementReport', report ?? {}, 0)).not.toThrow();
    const topics = emitted.filter(({ record }) => record.value === emitted.at(-1)?.record.value);
    expect(topics.map(({ topic }) => topic)).toEqual([
      TOPICS.settlementReports.name,
      TOPICS.financeTeam.name,
      TOPICS.governanceAudit.name,
      TOPICS.postTradeArchive.name,
    ]);
  });

  test('restates the settlement of a market, and the redemption behind it', () => {
    const played = play(
      { type: 'MarketDefined', value: marketDefined() },
      confirmed(buy('f1', 50n)),
      confirmed(buy('f2', 60n)),
      { type: 'MarketResolved', value: marketResolved() },
      { type: 'PositionsRedeemed', value: redeem('r1') },
      reversed(buy('f1', 50n)),
    );
    const restated = played.entries.filter((entry) => entry.entry_kind === 'RESTATE');
    expect(restated[0]).toMatchObject({ realised_pnl_pusd: -50_000_000n, token_id: TOKEN });
    expect(JSON.parse(restated[0]?.detail ?? '')).toMatchObject({
      restates: 'RESOLVE',
      restates_offset: 3,
      reversed_fill_id: 'f1',
    });
    const names =
      reportsOf(played.emitted)
        .at(-1)
        ?.changes?.map(({ field }) => field) ?? [];
    expect(names.some((name) => /^settlement_market_.*\.realised_pnl_pusd$/.test(name))).toBe(true);
    expect(book(played)?.position).toMatchObject({ direction: 'FLAT', realised: 40_000_000n });
  });

  test('of a fill that is set aside has no report to correct, and leaves no lot behind', () => {
    const aside = buy('f1', 50n, noFee);
    const played = play(confirmed(aside), reversed(aside));
    expect(reportsOf(played.emitted)).toEqual([]);
    expect(played.entries.at(-1)).toMatchObject({ entry_kind: 'REVERSE', quarantined: true });
    // Until it was reviewed it had no day; from then on it is kept as the rest (B15).
    expect(played.entries.map((one) => one.retained_until)).toEqual([null, '2033-05-08']);
    expect(book(played)).toMatchObject({ quarantinedFills: 0, incomplete: [], walletShares: 0n });
  });

  test('of a released fill corrects the report of its release', () => {
    const aside = buy('f1', 50n, noFee);
    const played = play(confirmed(aside), released(aside), reversed(aside));
    expect(reportsOf(played.emitted).map((one) => [one.report_id, one.corrects])).toEqual([
      ['settlement_fill_f1', null],
      ['settlement_fill_f1_c1', 'settlement_fill_f1'],
    ]);
    expect(played.entries.at(-1)).toMatchObject({ fee_source: 'RELEASED', cash_pusd: 50_125_000n });
  });

  test('of a fill whose report nobody published has none either', () => {
    const { emitted, outcomes } = play(
      mode('shadow_only'),
      confirmed(buy('f1', 50n)),
      mode('general_live'),
      reversed(buy('f1', 50n)),
    );
    expect(outcomes.at(-1)?.outcome).toBe('applied');
    expect(reportsOf(emitted)).toEqual([]);
  });

  test('of the shares that others have sold says that the wallet is oversold', () => {
    const played = play(
      confirmed(buy('f1', 50n)),
      confirmed(sell('f2', 70n)),
      reversed(buy('f1', 50n)),
    );
    expect(book(played)?.incomplete).toEqual(['GOV_WALLET_OVERSOLD']);
    expect((played.entities.get(holdingKey(ACCOUNT, TOKEN)) as Holding).oversoldAt).toBe(2);
  });

  test('tells of at most 500 later reports one by one, and how many there are more', () => {
    const lot = { quantity_shares: shares(2n), size_pusd: pusd(1n) };
    const count = LATER_CHANGES_MAX + 2;
    const fills = [
      fillConfirmed({ fill_id: 'first', quantity_shares: shares(3n), size_pusd: pusd(1n) }),
      ...Array.from({ length: count }, (_, index) => [
        fillConfirmed({ fill_id: `b${index}`, ...lot }),
        fillConfirmed({ fill_id: `s${index}`, ...lot, order_side: 'SELL' }),
      ]).flat(),
    ];
    const { emitted } = play(...fills.map(confirmed), reversed(fills[0] ?? fillConfirmed()));
    const changes = reportsOf(emitted).at(-1)?.changes ?? [];
    const named = changes.filter(({ field }) => field.startsWith('settlement_fill_'));
    expect(named.length).toBeLessThanOrEqual(LATER_CHANGES_MAX);
    expect(changes.some(({ field }) => field === 'later_realised_pnl_pusd')).toBe(true);
  });

  test.each([
    ['that nobody has seen', [reversed(buy('f1', 50n))]],
    ['of another token', [confirmed(buy('f1', 50n)), reversed(buy('f1', 50n, { token_id: '7' }))]],
  ])('of a fill %s changes nothing and is counted as FILL_UNKNOWN', (_, events) => {
    const { outcomes, entries } = play(...events);
    expect(outcomes.at(-1)).toEqual({ outcome: 'quarantined', because: 'FILL_UNKNOWN' });
    expect(entries.some((entry) => entry.entry_kind === 'REVERSE')).toBe(false);
  });

  test('where the kept lines do not give the book changes nothing: HISTORY_NOT_KEPT', () => {
    const driver = driverFrom(1);
    const events = [...history.slice(0, 2), reversed(buy('f2', 60n))];
    const { outcomes, entries } = driver.drive(eventsOf(events));
    expect(outcomes.at(-1)).toEqual({ outcome: 'quarantined', because: 'HISTORY_NOT_KEPT' });
    expect(entries).toHaveLength(2);
  });

  test('needs no line from before the book was last flat', () => {
    const driver = driverFrom(2);
    const { outcomes, entities } = driver.drive(
      eventsOf([
        confirmed(buy('f1', 50n)),
        confirmed(sell('f2', 70n)),
        confirmed(buy('f3', 60n)),
        reversed(buy('f3', 60n)),
      ]),
    );
    expect(outcomes.at(-1)?.outcome).toBe('applied');
    const [one] = (entities.get(holdingKey(ACCOUNT, TOKEN)) as Holding).books;
    expect(one?.position).toMatchObject({ direction: 'FLAT', realised: 20_000_000n });
  });

  test('keeps apart a basis of nothing and one that nobody knows', () => {
    const played = play(
      { type: 'TokensTransferred', value: transfer('t1') },
      confirmed(buy('f1', 50n)),
      reversed(buy('f1', 50n)),
    );
    const holding = played.entities.get(holdingKey(ACCOUNT, TOKEN)) as Holding;
    const treasury = holding.books.find(({ bot }) => bot === 'treasury');
    expect(treasury?.position.lots.unknown).toBe(100_000_000n);
  });

  test('restates a book whose basis of nothing becomes one that nobody knows, and back', () => {
    const no = { token_id: 'NO_A', condition_id: null, size_pusd: pusd(1n) };
    const converted = conversion('c1', {
      index_set: '1',
      payout_pusd: pusd(0n),
      legs_out: [leg('NO_A', 100_000_000n, 1)],
      legs_in: [leg('YES_B', 100_000_000n, 0), leg('YES_C', 100_000_000n, 0)],
    });
    // Its one micro goes to the first of the two: the other one costs nothing.
    const fill = fillConfirmed({ fill_id: 'f1', ...no });
    const events: readonly LedgerEvent[] = [
      confirmed(fill),
      { type: 'PositionsConverted', value: converted },
    ];
    const before = play(...events);
    const played = play(...events, reversed(fill));
    const lines = played.entries.slice(before.entries.length);
    expect(lines.filter((line) => line.token_id === 'YES_C')).toHaveLength(1);
    expect(before.entries.at(-1)).toMatchObject({ token_id: 'YES_C', avg_cost: 0n });
    expect(lines.find((line) => line.token_id === 'YES_C')).toMatchObject({
      entry_kind: 'RESTATE',
      position_shares: 100_000_000n,
      cost_basis_pusd: 0n,
      avg_cost: null,
      quantity_shares: 0n,
      realised_pnl_pusd: 0n,
      reason_codes: ['GOV_BASIS_UNKNOWN'],
    });
  });
});
