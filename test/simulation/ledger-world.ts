/**
 * A made-up partition of the ledger log: three accounts, one of them paper, their bots, two plain
 * markets and an event of three questions, and one event after another of any type that the
 * ingestor writes, in orders that are rare but possible. Same seed, same log.
 *
 * It knows what it has told only as far as the ingestor would refuse the contrary (a fill ends
 * once, an opening balance is declared once); what wallets hold it leaves to those who fold it.
 */

import { type LedgerEvent, type Records, type SettlementJob } from '@polytraders/contracts';
import { fixture } from '@polytraders/contracts/fixtures';
import { priceE18, pusd, shares } from '@polytraders/money';
import { randomOf } from '@polytraders/testkit/generator';
import {
  type Act,
  type Desk,
  deskOf,
  EVENT,
  type Provisional,
  questions,
  type Told,
} from './ledger-desk.ts';
import { movementActs } from './ledger-movements.ts';

export type LedgerWorld = {
  /** The next event of the log. */
  readonly next: () => LedgerEvent;
  /** News of a settlement job, which an executor may take up. */
  readonly hear: (job: SettlementJob) => void;
};

/** Everything on the log comes from here. */
export function ledgerWorld(seed: string): LedgerWorld {
  const random = randomOf(seed);
  const told: Told = {
    events: [],
    matched: [],
    confirmed: [],
    orders: [],
    requests: [],
    claims: [],
    opened: new Set(),
    resolved: new Map(),
    jobs: new Map(),
  };
  const desk = deskOf(random, told);
  const acts = [
    ...fillActs(desk),
    ...reviewActs(desk),
    ...orderActs(desk),
    ...requestActs(desk),
    ...movementActs(desk),
    ...marketActs(desk),
  ];
  return {
    hear: (job) => {
      told.jobs.set(job.job_id, job);
    },
    next: () => {
      const again = random.chance(1, 25) ? told.events.at(-random.between(1, 30)) : undefined;
      const event = again ?? random.pick(acts)();
      if (again === undefined) told.events.push(event);
      return event;
    },
  };
}

function fillActs({ random, told, name, amount, event, spot, take }: Desk): readonly Act[] {
  const provisional = (): Provisional => {
    const order = random.chance(1, 2) ? random.pick([...told.orders, null]) : null;
    const { ours } = spot();
    const isDust = random.chance(1, 20);
    const { status: _, ...base } = fixture('FillMatched');
    const own = order === null ? ours : { ...ours, ...identityOf(order) };
    return {
      ...base,
      ...own,
      fill_id: `fill_${name()}`,
      order_id: order?.order_id ?? `other_${name()}`,
      order_hash: null,
      order_side: order?.order_side ?? random.pick(['BUY', 'BUY', 'SELL']),
      quantity_shares: shares(isDust ? 0n : amount()),
      size_pusd: pusd(random.chance(1, 20) ? 0n : amount()),
      ...random.pick([
        { fee_pusd: pusd(BigInt(random.between(0, 9))), fee_bps: null },
        { fee_pusd: pusd(0n), fee_bps: null },
        { fee_pusd: null, fee_bps: random.pick([0, 25, 700]) },
        { fee_pusd: null, fee_bps: null },
      ]),
      builder_fee_pusd: null,
      builder_fee_bps: null,
      neg_risk: false,
      neg_risk_market_id: null,
      joined_sources: [],
    };
  };
  const confirmed = (of: Provisional): LedgerEvent => {
    const final: Partial<Records['FillConfirmed']> = {
      ...of,
      event_id: `evt_${name()}`,
      ...pricesOf(of),
    };
    const news = event('FillConfirmed', final);
    if (news.type === 'FillConfirmed') told.confirmed.push(news.value);
    return news;
  };
  const matched = (): LedgerEvent => {
    const fill = provisional();
    told.matched.push(fill);
    return event('FillMatched', {
      ...fill,
      event_id: `evt_${name()}`,
      status: random.pick(['MATCHED', 'MINED']),
    });
  };
  const failed = (): LedgerEvent => {
    const fill = take(told.matched);
    if (fill === undefined) return matched();
    const { fill_id, account, paper, token_id } = fill;
    return event('FillFailed', { fill_id, account, paper, token_id, reason: 'FAILED' });
  };
  const direct = (): LedgerEvent => confirmed(provisional());
  const final = (): LedgerEvent => {
    const fill = take(told.matched);
    if (fill === undefined) return direct();
    // The fee may be told by one of the two alone.
    const fee = random.chance(1, 4) ? random.pick([null, pusd(3n)]) : fill.fee_pusd;
    const isTheirs = fee === fill.fee_pusd;
    return confirmed({ ...fill, fee_pusd: fee, fee_bps: isTheirs ? fill.fee_bps : null });
  };
  return [matched, matched, final, final, final, direct, direct, direct, failed];
}

/** What somebody has reviewed: fills that are set aside, released; any fill, taken back. */
function reviewActs({ random, told, name, event, take }: Desk): readonly Act[] {
  const reference = (fill: Records['FillConfirmed']) => {
    const { fill_id, account, trading_bot_id, condition_id, token_id, confirmed_at, paper } = fill;
    return {
      ...{ fill_id, account, trading_bot_id, condition_id, token_id, confirmed_at, paper },
      original_event_id: fill.event_id,
      effective_at: confirmed_at,
    };
  };
  const reversed = (): LedgerEvent => {
    const fill = take(told.confirmed);
    return fill === undefined
      ? event('TimeAdvanced', {})
      : event('FillReversed', { ...reference(fill), event_id: `evt_${name()}` });
  };
  const released = (): LedgerEvent => {
    const aside = told.confirmed.filter(({ fee_pusd: fee, fee_bps: bps }) => {
      return fee === null && (bps === null || bps > 100);
    });
    if (aside.length === 0) return reversed();
    const fill = random.pick(aside);
    const fee = pusd(BigInt(random.between(0, 9)));
    // What is released is not released again: its fee is told now.
    told.confirmed[told.confirmed.indexOf(fill)] = { ...fill, fee_pusd: fee };
    const said = { ...reference(fill), event_id: `evt_${name()}`, fee_pusd: fee };
    return event('FillReleased', { ...said, builder_fee_pusd: null });
  };
  return [reversed, released];
}

/**
 * Of a question's token: its event, and the YES marks of the event, now and then without one. They
 * follow from the fill, so that a log is the same with them.
 */
function pricesOf({ token_id, quantity_shares: seed }: Provisional) {
  if (!questions.some(({ tokens }) => tokens.includes(token_id))) return { marks: [] };
  const marks = questions.flatMap(({ tokens: [yes] }, at) => {
    if (seed % 11n === BigInt(at)) return [];
    const price = priceE18((((seed + 31n * BigInt(at)) % 97n) + 1n) * 10n ** 16n);
    return [{ token_id: yes, price, kind: 'MID' as const, observed_at: Number(seed % 9n) }];
  });
  return { neg_risk: true, neg_risk_given: true, neg_risk_market_id: EVENT, marks };
}

function identityOf(order: Records['OrderOpened']) {
  const { account, trading_bot_id, condition_id, token_id, paper } = order;
  return { account, trading_bot_id, condition_id, token_id, paper };
}

function orderActs({ random, told, name, amount, event, spot, take }: Desk): readonly Act[] {
  const open = (): LedgerEvent => {
    const { ours } = spot();
    const opened = {
      ...fixture('OrderOpened'),
      ...ours,
      event_id: `evt_${name()}`,
      order_id: `ord_${name()}`,
      order_hash: null,
      order_side: random.pick(['BUY', 'SELL'] as const),
      price: priceE18(BigInt(random.between(1, 999)) * 10n ** 15n),
      quantity_shares: shares(amount()),
      max_fee_pusd: random.chance(1, 3) ? null : pusd(BigInt(random.between(0, 99))),
      expires_at: random.chance(1, 3) ? null : 1_000_000 * random.between(1, 400),
      reservation_id: take(told.requests) ?? null,
    };
    told.orders.push(opened);
    return { type: 'OrderOpened', value: opened };
  };
  const close = (): LedgerEvent => {
    // Now and then an order whose opening nobody has told yet.
    const order = random.chance(1, 6) ? undefined : take(told.orders);
    const named = order ?? {
      ...spot().ours,
      order_id: `ord_${name()}`,
      order_side: 'BUY' as const,
    };
    return event('OrderClosed', {
      ...identityOf({ ...fixture('OrderOpened'), ...named }),
      order_id: named.order_id,
      order_hash: null,
      order_side: named.order_side,
      closing_reason: random.pick(['FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED']),
    });
  };
  return [open, open, open, close, close];
}

function requestActs({ random, told, name, amount, event, spot }: Desk): readonly Act[] {
  const request = (): LedgerEvent => {
    const { ours } = spot();
    const isOfShares = random.chance(1, 2);
    const id = `res_${name()}`;
    told.requests.push(id);
    return event('ReservationRequested', {
      account: ours.account,
      trading_bot_id: ours.trading_bot_id,
      reservation_id: id,
      token_id: isOfShares ? ours.token_id : null,
      quantity_shares: isOfShares ? shares(amount()) : null,
      amount_pusd: isOfShares ? null : pusd(amount()),
      max_fee_pusd: isOfShares || random.chance(1, 4) ? null : pusd(9n),
      expires_at: 1_000_000 * random.between(1, 400),
    });
  };
  let now = 0;
  const time = (): LedgerEvent => {
    now += random.between(1, 4) * 1_000_000;
    return event('TimeAdvanced', { to: now });
  };
  return [request, request, time];
}

const NUMERATORS = [
  ['1', '0'],
  ['0', '1'],
  ['1', '1'],
  ['1', '2'],
] as const;

function marketActs({ random, told, event, spot }: Desk): readonly Act[] {
  const define = (): LedgerEvent => {
    const { condition, tokens, question } = spot().market;
    const synthesised = question === null && random.chance(1, 4);
    const named = tokens.map((token_id) => ({ token_id, outcome: '' }));
    return event('MarketDefined', {
      condition_id: condition,
      // The columns of a file come in any order.
      tokens: synthesised && random.chance(1, 2) ? named.toReversed() : named,
      neg_risk_market_id: question === null ? null : EVENT,
      questions:
        question === null
          ? []
          : questions.map((one, at) => ({
              question_index: at,
              condition_id: one.condition,
              yes_token_id: one.tokens[0],
              no_token_id: one.tokens[1],
            })),
      status: random.pick(['OPEN', 'OPEN', 'CLOSED']),
      synthesised,
    });
  };
  const status = (): LedgerEvent =>
    event('MarketStatusChanged', {
      condition_id: spot().market.condition,
      status: random.pick(['OPEN', 'CLOSED', 'PROPOSED', 'DISPUTED'] as const),
    });
  const resolve = (): LedgerEvent => {
    const { condition } = spot().market;
    if (told.resolved.has(condition) || !random.chance(1, 4)) return status();
    const payout_numerators = random.pick(NUMERATORS);
    told.resolved.set(condition, payout_numerators);
    return event('MarketResolved', { condition_id: condition, payout_numerators });
  };
  return [define, status, resolve];
}
