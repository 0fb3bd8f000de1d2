/**
 * The worked examples and invariants of the Stage 9 specification, under the names that it gives
 * them, driven through the processors that carry them out. Where a rule of the books overrides the
 * text, the test says which.
 */

import { describe, expect, test } from '@jest/globals';
import {
  type LedgerEvent,
  type LedgerEventType,
  partitionOf,
  type Records,
  TOPICS,
} from '@polytraders/contracts';
import { fixture } from '@polytraders/contracts/fixtures';
import { processor as reserver } from '@polytraders/inventory-reserver';
import {
  priceE18,
  priceOfRational,
  pusd,
  rational,
  shares,
  type ShareMicros,
} from '@polytraders/money';
import { processor as projector } from '@polytraders/pnl-projector';
import { processor as planner } from '@polytraders/settlement-planner';
import { createDriver, type Recorded } from '@polytraders/stream';

const ACCOUNT = '0x5f0c2d1e3b4a59687786a5b4c3d2e1f00f1e2d3c';
const PARTITION = partitionOf(ACCOUNT, TOPICS.ledgerEvents.partitions);
/** A condition on USDC.e with the ids of its two tokens, as the chain computes them. */
const CONDITION = '0xfc690d5069b296bb9278af0cba42c02666e0999e4a4009ed97ea4a885f045457';
const YES = '73716170047628147940237270507900673332129573201293655532643868111690843426372';
const NO = '2890213445014127424511466931609154310536269586265875141655148162320150952197';
const MARK = 10n ** 16n;

const whole = (count: number): ShareMicros => shares(BigInt(count) * 1_000_000n);
/** pUSD of so many shares at so many cents. */
const cost = (count: number, cents: number) => pusd(BigInt(count) * BigInt(cents) * 10_000n);

let told = 0;

function event<Type extends LedgerEventType>(
  type: Type,
  said: Partial<Records[Type]>,
): LedgerEvent {
  told += 1;
  const value = { ...fixture(type), event_id: `evt_${String(told)}`, ...said };
  return { type, value } as unknown as LedgerEvent;
}

const ours = {
  account: ACCOUNT,
  trading_bot_id: 'mm',
  condition_id: CONDITION,
  token_id: YES,
  paper: false,
  flags: [],
  incomplete_reasons: [],
};

/** A confirmed fill without fee, marked at so many cents. */
function fill(
  id: string,
  side: 'BUY' | 'SELL',
  count: number,
  cents: number,
  mark?: number,
  orderId = `ord_${id}`,
) {
  const marks =
    mark === undefined ? [] : [{ ...mid, token_id: YES, price: priceE18(BigInt(mark) * MARK) }];
  return event('FillConfirmed', {
    ...ours,
    fill_id: id,
    order_id: orderId,
    order_hash: null,
    order_side: side,
    quantity_shares: whole(count),
    size_pusd: cost(count, cents),
    price: priceOfRational(rational(BigInt(cents), 100n)),
    fee_pusd: pusd(0n),
    fee_bps: null,
    builder_fee_pusd: null,
    builder_fee_bps: null,
    neg_risk: false,
    neg_risk_market_id: null,
    rebate_rate: null,
    marks,
    joined_sources: [],
  });
}

const mid = {
  kind: 'MID',
  observed_at: fixture('FillConfirmed').confirmed_at,
  source: 'clob',
} as const;

function order(id: string, side: 'BUY' | 'SELL', count: number, said: object = {}) {
  return event('OrderOpened', {
    ...ours,
    order_id: id,
    order_hash: null,
    order_side: side,
    price: priceE18(66n * MARK),
    quantity_shares: whole(count),
    max_fee_pusd: pusd(0n),
    expires_at: null,
    reservation_id: null,
    ...said,
  });
}

type Closing = Records['OrderClosed']['closing_reason'];

function closed(id: string, because: Closing) {
  return event('OrderClosed', {
    ...ours,
    order_id: id,
    order_hash: null,
    order_side: 'SELL',
    closing_reason: because,
  });
}

const resolvedYes = event('MarketResolved', {
  condition_id: CONDITION,
  payout_numerators: ['1', '0'],
});

const defined = event('MarketDefined', {
  condition_id: CONDITION,
  tokens: [
    { token_id: YES, outcome: 'Yes' },
    { token_id: NO, outcome: 'No' },
  ],
  neg_risk_market_id: null,
  questions: [],
  status: 'OPEN',
  synthesised: false,
});

function logOf(events: readonly LedgerEvent[]): readonly Recorded<LedgerEvent>[] {
  return events.map((one, offset) => ({
    event: one,
    topic: TOPICS.ledgerEvents.name,
    partition: PARTITION,
    offset,
  }));
}

/** The last line of the ledger for our book, after these events. */
function bookAfter(...events: readonly LedgerEvent[]) {
  const { entries } = createDriver(projector).drive(logOf([defined, ...events]));
  return entries.filter((line) => line.token_id === YES).at(-1);
}

type Balance = Records['BalanceChanged'];

/** What is published last of our YES, after these events. */
function balanceAfter(...events: readonly LedgerEvent[]): Balance | undefined {
  const { emitted } = createDriver(reserver).drive(logOf([defined, ...events]));
  return emitted
    .filter(({ record }) => record.type === 'BalanceChanged')
    .map(({ record }) => record.value as Balance)
    .filter((balance) => balance.token_id === YES)
    .at(-1);
}

const bought = [fill('f1', 'BUY', 1_200, 64), fill('f2', 'BUY', 800, 65, 66)];

describe('the worked examples of stage 9', () => {
  test('Position from cumulative fills: buys of 2,000 and no sells are +2,000 YES (B1)', () => {
    expect(bookAfter(...bought)?.position_shares).toBe(whole(2_000));
    expect(balanceAfter(...bought)?.total_shares).toBe(whole(2_000));
  });

  test('Volume-weighted average cost: 1,200 @ 0.64 and 800 @ 0.65 cost 0.644 (B2)', () => {
    expect(bookAfter(...bought)?.avg_cost).toBe(644_000n);
  });

  test('Reserve invariant: of 2,000 a live order to sell 800 leaves 1,200 free (B10)', () => {
    expect(balanceAfter(...bought, order('s1', 'SELL', 800))).toMatchObject({
      total_shares: whole(2_000),
      reserved_shares: whole(800),
      free_shares: whole(1_200),
    });
  });

  test('Unrealised PnL (mark-to-mid): 2,000 at 0.644 are worth +32 more at 0.66 (B4)', () => {
    expect(bookAfter(...bought)?.unrealised_pnl_pusd).toBe(32_000_000n);
  });

  test('Redemption math at resolution: 2,000 YES of a market resolved YES pay 2,000 (B11)', () => {
    const events = [defined, ...bought, resolvedYes];
    const settled = createDriver(projector)
      .drive(logOf(events))
      .emitted.filter(({ topic }) => topic === TOPICS.settlementReports.name)
      .map(({ record }) => record.value as Records['SettlementReport'])
      .filter((report) => report.event_type === 'MARKET_SETTLED');
    expect(settled).toMatchObject([
      { settled_shares: whole(2_000), payout_pusd: pusd(2_000_000_000n), token_id: YES },
    ]);
    expect(balanceAfter(...bought, resolvedYes)?.redeemable_shares).toBe(whole(2_000));
    const jobs = createDriver(planner).drive(logOf(events)).emitted;
    expect(jobs.map(({ record }) => record.value)).toMatchObject([
      { kind: 'REDEEM', state: 'queued', payout_pusd: pusd(2_000_000_000n) },
    ]);
  });
});

describe('the invariants of stage 9', () => {
  test('Average cost is reset on each round-trip close (B2: over open lots only)', () => {
    const sold = fill('f3', 'SELL', 2_000, 70);
    expect(bookAfter(...bought, sold)).toMatchObject({
      avg_cost: null,
      realised_pnl_pusd: pusd(112_000_000n),
    });
    expect(bookAfter(...bought, sold, fill('f4', 'BUY', 10, 50))?.avg_cost).toBe(500_000n);
  });

  test('No reservation may leak past order lifetime: what the log forgot, time ends (B10)', () => {
    const { recorded_at: now } = fixture('OrderOpened');
    const dying = order('s1', 'SELL', 800, { expires_at: now + 60_000_000 });
    const later = event('TimeAdvanced', { to: now + 60_000_000 });
    expect(balanceAfter(...bought, dying)?.reserved_shares).toBe(whole(800));
    expect(balanceAfter(...bought, dying, later)?.reserved_shares).toBe(0n);
  });

  test(
    'Reservations are released only when the live order moves to filled, cancelled, or rejected ' +
      '(B10: and in part by a fill, on expiry, on resolution)',
    () => {
      const sells = [...bought, order('s1', 'SELL', 800)];
      const reservedAfter = (...events: readonly LedgerEvent[]) =>
        balanceAfter(...sells, ...events)?.reserved_shares;
      expect(reservedAfter(order('b1', 'BUY', 5), fill('f5', 'BUY', 5, 66))).toBe(whole(800));
      const reasons: readonly Closing[] = ['FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED'];
      for (const reason of reasons) expect(reservedAfter(closed('s1', reason))).toBe(0n);
      expect(reservedAfter(fill('f6', 'SELL', 300, 66, 66, 's1'))).toBe(whole(500));
      expect(reservedAfter(resolvedYes)).toBe(0n);
    },
  );

  test('they are queued by the planner, never executed inline with trading (B11)', () => {
    expect(planner.emits.filter((type) => type !== 'Alert')).toEqual(['SettlementJob']);
    expect(projector.emits).not.toContain('SettlementJob');
    expect(reserver.emits).not.toContain('SettlementJob');
    const pair = event('PositionsSplit', {
      ...ours,
      neg_risk_market_id: null,
      amount_pusd: pusd(100_000_000n),
      job_id: null,
      legs: [
        { token_id: YES, outcome_index: 0, quantity_shares: whole(100) },
        { token_id: NO, outcome_index: 1, quantity_shares: whole(100) },
      ],
    });
    const { emitted } = createDriver(planner).drive(logOf([defined, pair]));
    const jobs = emitted.map(({ record }) => record.value as Records['SettlementJob']);
    expect(jobs).toMatchObject([{ kind: 'MERGE', state: 'queued', tx_hash: null }]);
    // The shares stay where they are until the chain says that they have moved.
    expect(balanceAfter(pair)?.total_shares).toBe(whole(100));
  });
});
