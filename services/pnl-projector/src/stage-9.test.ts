/** The worked examples of stage 9, with its numbers. The third (reservations) is the reserver's. */

import { describe, expect, test } from '@jest/globals';
import {
  type FillConfirmed,
  type LedgerEvent,
  type SettlementReport,
} from '@polytraders/contracts';
import { avgCost, positionShares } from '@polytraders/domain';
import { formatMicros, priceE18, pusd, shares } from '@polytraders/money';
import { createDriver } from '@polytraders/stream';
import { type Book, type Holding, holdingKey } from './entities.ts';
import { ACCOUNT, fillConfirmed, NOON, TOKEN } from './events.fixture.ts';
import { eventsOf, leg, marketDefined, marketResolved, redeem } from './movements.fixture.ts';
import { processor } from './processor.ts';

function buy(fill_id: string, quantity: bigint, size: bigint, mid?: bigint): LedgerEvent {
  const mark = { token_id: TOKEN, kind: 'MID', observed_at: NOON } as const;
  const value: FillConfirmed = fillConfirmed({
    fill_id,
    quantity_shares: shares(quantity * 1_000_000n),
    size_pusd: pusd(size * 1_000_000n),
    marks: mid === undefined ? [] : [{ ...mark, price: priceE18(mid * 10n ** 16n) }],
  });
  return { type: 'FillConfirmed', value };
}

const FILLS = [buy('f1', 1_200n, 768n), buy('f2', 800n, 520n, 66n)];

function bookAfter(events: readonly LedgerEvent[]): Book {
  const { entities } = createDriver(processor).drive(eventsOf(events));
  const [book] = (entities.get(holdingKey(ACCOUNT, TOKEN)) as Holding).books;
  if (book === undefined) throw new Error('the fills have a book');
  return book;
}

describe('stage 9, worked examples', () => {
  test('1 Position from cumulative fills: Σ buys 2,000, Σ sells 0 ⇒ position +2,000 YES', () => {
    expect(positionShares(bookAfter(FILLS).position)).toBe(2_000_000_000n);
  });

  test('2 Volume-weighted average cost: 1,200 @ 0.64 and 800 @ 0.65 ⇒ avg_cost 0.644', () => {
    expect(avgCost(bookAfter(FILLS).position)).toBe(644_000n);
  });

  test('4 Unrealised PnL (mark-to-mid): mid 0.66, avg_cost 0.644, +2,000 ⇒ +32', () => {
    expect(bookAfter(FILLS).unrealised).toBe(32_000_000n);
  });

  test('5 Redemption math at resolution: +2,000 YES, YES wins ⇒ redemption 2,000', () => {
    const resolved: readonly LedgerEvent[] = [
      { type: 'MarketDefined', value: marketDefined() },
      ...FILLS,
      { type: 'MarketResolved', value: marketResolved() },
    ];
    const burn: LedgerEvent = {
      type: 'PositionsRedeemed',
      value: redeem('r', {
        legs: [{ ...leg(TOKEN, 2_000_000_000n, 0), payout_pusd: pusd(2_000_000_000n) }],
        payout_pusd: pusd(2_000_000_000n),
      }),
    };
    const driver = createDriver(processor);
    const { emitted } = driver.drive(eventsOf(resolved));
    const [report] = emitted
      .map(({ record }) => record.value as SettlementReport)
      .filter(({ event_type: type }) => type === 'MARKET_SETTLED');
    expect(report && formatMicros(report.payout_pusd ?? 0n)).toBe('2000');
    expect(report && formatMicros(report.realised_pnl_pusd ?? 0n)).toBe('712');
    const { entries } = driver.drive(eventsOf([burn], resolved.length));
    expect(entries.map((entry) => [entry.cash_pusd, entry.realised_pnl_pusd])).toEqual([
      [2_000_000_000n, 0n],
    ]);
    expect(positionShares(bookAfter([...resolved, burn]).position)).toBe(0n);
  });
});
