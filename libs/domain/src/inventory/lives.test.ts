import { describe, expect, test } from '@jest/globals';
import { pusd, shares } from '@polytraders/money';
import { createAuditor } from './auditor.fixture.ts';
import { freeOf } from './balance.ts';
import { createDesk, PARTITION } from './desk.fixture.ts';
import { type InventoryEvent } from './events.ts';
import { createRandom, type Life, LIFE_TICKS_MAX, lifeOf } from './lives.fixture.ts';
import { liveItems } from './live-index.ts';

type Run = {
  readonly lives: number;
  readonly isCareful: boolean;
  readonly dropped: number;
  readonly seed: number;
};

type Ran = { events: number; placed: number; dropped: number; leaks: number; negative: number };

const AT_ONCE = 24;
const ACCOUNTS = ['0xa1', '0xb2', 'paper:0xa1'] as const;
/** Lives that are born in one market, before it is resolved and the next one is traded. */
const MARKET_LIVES = 2_000;
const FULL = 60_000_000n;
/** So little that requests are refused now and then: what is free is used up. */
const CASH = 6_000_000n;

/** Plays lives, many at once, against the auditor; every event is checked as it is folded. */
function play({ lives, isCareful, dropped, seed }: Run): Ran {
  const random = createRandom(seed);
  const desk = createDesk();
  const auditor = createAuditor();
  const ran: Ran = { events: 0, placed: 0, dropped: 0, leaks: 0, negative: 0 };
  const queue: { events: InventoryEvent[]; life: Life }[] = [];
  let born = 0;
  let now = 0;
  let market = 0;

  const tokens = (): readonly string[] => [`${String(market)}1`, `${String(market)}2`];
  const condition = (): string => `0xc${String(market)}`;

  function fold(event: InventoryEvent): void {
    desk.fold(event);
    auditor.hear(event);
    ran.events += 1;
    const account = 'account' in event.value ? event.value.account : null;
    const token = 'token_id' in event.value ? event.value.token_id : null;
    for (const one of account === null ? ACCOUNTS : [account]) {
      check(one, null);
      for (const other of token === null ? (account === null ? tokens() : []) : [token]) {
        check(one, other);
      }
    }
  }

  function check(account: string, token: string | null): void {
    const balance = desk.balance(account, token);
    const expected = auditor.balance(account, token);
    const found = {
      total: balance?.total ?? 0n,
      reserved: balance?.reserved ?? 0n,
      pendingOut: balance?.pendingOut ?? 0n,
      pendingIn: balance?.pendingIn ?? 0n,
    };
    const isSame =
      found.total === expected.total &&
      found.reserved === expected.reserved &&
      found.pendingOut === expected.pendingOut &&
      found.pendingIn === expected.pendingIn;
    if (!isSame)
      expect({ seed, account, token, ...found }).toEqual({ seed, account, token, ...expected });
    if (balance === undefined) return;
    const free = freeOf(balance);
    if (free + found.reserved + found.pendingOut !== found.total)
      throw new Error('It does not add up.');
    if (free < 0n) ran.negative += 1;
  }

  function bear(): void {
    if (born % MARKET_LIVES === 0) nextMarket();
    const account = ACCOUNTS[random.below(ACCOUNTS.length)] ?? '0xa1';
    const token = tokens()[random.below(2)] ?? '';
    const options = { account, token, condition: condition(), isCareful, dropped, now };
    const life = lifeOf(random, `o${String(born)}`, options);
    born += 1;
    if (life.request !== null) fold(life.request);
    // A careful desk places no order without a grant.
    if (isCareful && !auditor.isGranted(life.requestId)) return;
    ran.placed += 1;
    if (life.isDropped) ran.dropped += 1;
    queue.push({ events: [...life.rest], life });
  }

  for (const account of ACCOUNTS) {
    fold({ type: 'OpeningBalance', value: { account, balance_pusd: pusd(CASH), positions: [] } });
  }
  while (born < lives || queue.length > 0) {
    if (queue.length < AT_ONCE && born < lives) bear();
    const at = random.below(Math.max(1, queue.length));
    const next = queue[at]?.events.shift();
    if (next !== undefined) fold(next);
    if (queue[at]?.events.length === 0) queue.splice(at, 1);
    now += 1;
    if (now % 50 === 0) fold({ type: 'TimeAdvanced', value: { to: now } });
    // Cash and shares come in now and then, or trading would end.
    if (now % 100 === 0) refill();
  }
  finish();
  return ran;

  function refill(): void {
    for (const account of ACCOUNTS) {
      const { total } = auditor.balance(account, null);
      const amount = pusd(CASH - total);
      if (amount > 0n) fold({ type: 'CashMoved', value: { account, amount_pusd: amount } });
    }
  }

  /** The market before is resolved, with what is still live in it; the next one is traded. */
  function nextMarket(): void {
    const payout_numerators =
      [
        ['1', '0'],
        ['1', '1'],
      ][market % 2] ?? [];
    if (market > 0 && !isCareful) {
      fold({ type: 'MarketResolved', value: { condition_id: condition(), payout_numerators } });
    }
    market += 1;
    for (const account of ACCOUNTS) {
      for (const token_id of tokens()) {
        const shared = { account, token_id, condition_id: condition() };
        const value = { ...shared, direction: 'IN' as const, quantity_shares: shares(FULL) };
        fold({ type: 'TokensTransferred', value });
      }
    }
  }

  /** Everything has ended by now or is past its deadline: nothing may be kept any more. */
  function finish(): void {
    fold({ type: 'TimeAdvanced', value: { to: now + 40 * LIFE_TICKS_MAX } });
    for (const one of desk.entities.values()) {
      if (one.kind === 'balance') expect(one.reserved).toBe(0n);
    }
    const live = desk.entities.get(`live|${String(PARTITION)}`);
    expect(live?.kind === 'live' ? liveItems(live, () => true) : []).toEqual([]);
    ran.leaks = desk.alarms.filter(({ code }) => code === 'GOV_RESERVATION_LEAK').length;
    expect(ran.leaks).toBe(auditor.lost());
  }
}

describe('210,000 random lives of orders, against an auditor that shares no code', () => {
  test('with granted requests and fees within: it adds up, free is never negative, 0 leaks', () => {
    let placed = 0;
    for (let seed = 1; placed < 130_000; seed += 1) {
      const ran = play({ lives: 10_000, isCareful: true, dropped: 0, seed });
      expect({ seed, ...ran }).toMatchObject({ negative: 0, leaks: 0 });
      placed += ran.placed;
    }
    expect(placed).toBeGreaterThanOrEqual(130_000);
  }, 240_000);

  test('without, and out of order: it adds up, and nothing is kept in the end', () => {
    let negative = 0;
    for (let seed = 1; seed <= 5; seed += 1) {
      const ran = play({ lives: 10_000, isCareful: false, dropped: 0, seed: 1_000 + seed });
      negative += ran.negative;
    }
    // Facts are booked beyond what is free, or this would show nothing.
    expect(negative).toBeGreaterThan(0);
  }, 240_000);

  test('terminal events that are dropped at random are found by the sweep, each one', () => {
    for (const dropped of [0.05, 0.5, 1]) {
      const ran = play({ lives: 10_000, isCareful: false, dropped, seed: 2_000 + dropped * 100 });
      // Those that were filled in full had ended by that.
      expect(ran.leaks).toBeGreaterThan(ran.dropped / 2);
      expect(ran.leaks).toBeLessThanOrEqual(ran.placed);
    }
  }, 240_000);
});
