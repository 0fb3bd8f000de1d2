/**
 * A log as the ingestor writes it, with all that moves inventory: orders that open, match, confirm
 * or fail and close, requests for inventory, opening balances, deposits, splits, merges,
 * conversions, transfers, markets that are defined, disputed and resolved on every partition, and
 * redemptions. Some of it comes out of order, as it does where sources meet. Wallets stay above
 * zero: who sells holds what he sells.
 *
 * For tests and measurements of the projectors; the same options give the same events, each with
 * the partition on which it stands.
 */

import {
  type FillConfirmed,
  type FillMatched,
  type LedgerEvent,
  LEDGER_PARTITIONS,
  partitionOf,
  type Records,
} from '@polytraders/contracts';
import { priceE18, pusd, shares } from '@polytraders/money';
import {
  deskOf,
  type LifeDesk,
  type LifeMarket,
  type LogEvent,
  named,
  placed,
} from './log-desk.ts';
import { BOTS, UNSAID } from './log-fills.ts';
import { movementsOf } from './log-movements.ts';
import { type Random } from './random.ts';

/** The types of its events. */
export const LIFE_TYPES = [
  'CashMoved',
  'FillConfirmed',
  'FillFailed',
  'FillMatched',
  'MarketDefined',
  'MarketResolved',
  'MarketStatusChanged',
  'OpeningBalance',
  'OrderClosed',
  'OrderOpened',
  'PositionsConverted',
  'PositionsMerged',
  'PositionsRedeemed',
  'PositionsSplit',
  'ReservationRequested',
  'TimeAdvanced',
  'TokensTransferred',
] as const satisfies readonly LedgerEvent['type'][];

export type LogLivesOptions = {
  readonly seed: string;
  /** How many events, those of all partitions counted on each; a few more may come at the end. */
  readonly events: number;
  /** Markets that are open at a time; a third of them are questions of negative-risk events. */
  readonly markets: number;
};

type Life = {
  readonly opened: Records['OrderOpened'];
  readonly market: LifeMarket;
  /** Shares of each fill, the next one first. */
  readonly legs: bigint[];
  /** A fill that is matched and not final. */
  matched: FillMatched | null;
  closes: Records['OrderClosed']['closing_reason'];
};

const MILL_E18 = 10n ** 15n;
const HUNDREDTH = 10_000n;
const LIVE_AT_MOST = 400;

/** The events in the order of the log; `OpeningBalance` of each account comes first. */
export function* generateLogLives(options: LogLivesOptions): Generator<LogEvent> {
  const desk = deskOf(options.seed, options.markets);
  const lives: Life[] = [];
  let count = 0;
  const tell = function* (events: readonly LogEvent[]): Generator<LogEvent> {
    count += events.length;
    yield* events;
  };
  for (const account of desk.accounts) yield* tell([opening(desk, account)]);
  while (count < options.events) {
    desk.tick();
    if (desk.random.chance(1, 35)) {
      const told = movementsOf(desk);
      settleOrders(lives, told);
      yield* tell(told);
    } else if (lives.length < 20 || desk.random.chance(lives.length < LIVE_AT_MOST ? 1 : 0, 5)) {
      yield* tell(startLife(desk, lives));
    } else yield* tell(goOn(desk, lives));
  }
}

/** Orders of a market that resolves end with it. */
function settleOrders(lives: readonly Life[], told: readonly LogEvent[]): void {
  for (const { event } of told) {
    if (event.type !== 'MarketResolved') continue;
    for (const life of lives) {
      if (life.market.conditionId !== event.value.condition_id) continue;
      life.legs.length = 0;
      life.closes = 'MARKET_RESOLVED';
    }
  }
}

function opening(desk: LifeDesk, account: string): LogEvent {
  return placed(account, {
    type: 'OpeningBalance',
    value: {
      ...desk.envelope(),
      account,
      balance_pusd: pusd(1_000_000_000_000n),
      positions: [],
      block_number: null,
      block_hash: null,
      proposed_by: 'operator.one',
      approved_by: 'operator.two',
      reason: 'Books begin.',
      ...named('commands', desk.ordinal()),
    },
  });
}

function startLife(desk: LifeDesk, lives: Life[]): LogEvent[] {
  const { random } = desk;
  const account = random.pick(desk.accounts);
  const market = random.pick(desk.markets);
  const outcome = random.chance(1, 2) ? 0 : 1;
  const token = market.tokens[outcome];
  const free = desk.held(account, token);
  const sells = free > 100n * HUNDREDTH && random.chance(1, 2);
  const wanted = BigInt(random.between(100, 40_000)) * HUNDREDTH;
  const quantity = sells && wanted > free ? free : wanted;
  // What is offered is not offered twice.
  if (sells) desk.move(account, token, -quantity);
  const mills = random.between(30, 970);
  const at = desk.now();
  const reservation = random.chance(1, 10) ? `rsv_${desk.ordinal()}` : null;
  const opened: Records['OrderOpened'] = {
    ...desk.envelope(),
    ...subject(desk, account, market, token, sells ? 'SELL' : 'BUY'),
    price: priceE18(BigInt(mills) * MILL_E18),
    quantity_shares: shares(quantity),
    max_fee_pusd: random.chance(1, 50) ? null : pusd(quantity / 20n),
    expires_at: random.chance(1, 8) ? at + random.between(1, 60) * 1_000_000 : null,
    reservation_id: reservation,
  };
  const cut = random.between(1, 3);
  const legs = Array.from({ length: cut }, () => quantity / BigInt(cut));
  const life = { opened, market, legs, matched: null, closes: ending(random) };
  lives.push(life);
  const requests = reservation === null ? [] : [request(desk, opened, reservation, mills)];
  return [
    ...definition(desk, account, market),
    ...requests,
    placed(account, { type: 'OrderOpened', value: opened }),
  ];
}

function ending(random: Random): Life['closes'] {
  return random.pick(['FILLED', 'FILLED', 'FILLED', 'CANCELLED', 'EXPIRED', 'REJECTED'] as const);
}

function subject(
  desk: LifeDesk,
  account: string,
  market: LifeMarket,
  token: string,
  side: 'BUY' | 'SELL',
) {
  return {
    order_id: `ord_${desk.ordinal()}`,
    order_hash: null,
    account,
    trading_bot_id: desk.random.pick(BOTS),
    condition_id: market.conditionId,
    venue_market_id: null,
    token_id: token,
    order_side: side,
    ...named('bus', desk.ordinal()),
    paper: false,
    flags: [],
    incomplete_reasons: [],
  } as const;
}

/** Asked for what the order needs; now and then for far more than there is. */
function request(
  desk: LifeDesk,
  order: Records['OrderOpened'],
  reservation: string,
  mills: number,
): LogEvent {
  const sells = order.order_side === 'SELL';
  const times = desk.random.chance(1, 10) ? 1_000_000n : 1n;
  const cost = ((order.quantity_shares * BigInt(mills)) / 1000n) * times;
  return placed(order.account, {
    type: 'ReservationRequested',
    value: {
      ...desk.envelope(),
      reservation_id: reservation,
      account: order.account,
      trading_bot_id: order.trading_bot_id,
      token_id: sells ? order.token_id : null,
      quantity_shares: sells ? order.quantity_shares : null,
      amount_pusd: sells ? null : pusd(cost),
      max_fee_pusd: sells ? null : order.max_fee_pusd,
      expires_at: desk.now() + 30_000_000,
      ttl_ms: 30_000,
      proposed_by: order.trading_bot_id,
      ...named('commands', desk.ordinal()),
    },
  });
}

/** A market is defined on a partition when it is used there first. */
function definition(desk: LifeDesk, account: string, market: LifeMarket): LogEvent[] {
  const partition = partitionOf(account, LEDGER_PARTITIONS);
  if (!desk.definesNow(partition, market)) return [];
  return [placed(account, { type: 'MarketDefined', value: desk.definition(market) })];
}

/** The next step of some order: a fill is matched, or ends, or the order does. */
function goOn(desk: LifeDesk, lives: Life[]): LogEvent[] {
  const { random } = desk;
  const at = random.between(0, lives.length - 1);
  const life = lives[at];
  if (life === undefined) return [];
  if (life.matched !== null) return endFill(desk, life, life.matched);
  const quantity = life.legs.shift();
  if (quantity !== undefined && quantity > 0n) return startFill(desk, life, quantity);
  lives[at] = lives[lives.length - 1] ?? life;
  lives.pop();
  const { opened } = life;
  const late = random.chance(1, 30) ? [timeAdvanced(desk, opened.account)] : [];
  return [...late, placed(opened.account, { type: 'OrderClosed', value: closed(desk, life) })];
}

function startFill(desk: LifeDesk, life: Life, quantity: bigint): LogEvent[] {
  const matched = fillOf(desk, life, quantity);
  // One in eight is heard of only when it is final, as from a chain.
  if (desk.random.chance(1, 8)) return confirm(desk, life, matched);
  life.matched = matched;
  return [placed(matched.account, { type: 'FillMatched', value: matched })];
}

function endFill(desk: LifeDesk, life: Life, matched: FillMatched): LogEvent[] {
  life.matched = null;
  if (!desk.random.chance(1, 25)) return confirm(desk, life, matched);
  const { fill_id, account, trading_bot_id, token_id, paper, flags } = matched;
  if (matched.order_side === 'SELL') desk.move(account, token_id, matched.quantity_shares);
  const said = { fill_id, account, trading_bot_id, token_id, paper, flags };
  return [
    placed(account, {
      type: 'FillFailed',
      value: {
        ...desk.envelope(),
        ...said,
        reason: 'FAILED',
        joined_to: null,
        detail: null,
        ...named('bus', desk.ordinal()),
      },
    }),
  ];
}

function confirm(desk: LifeDesk, { market }: Life, matched: FillMatched): LogEvent[] {
  const { status: _, ...rest } = matched;
  if (matched.order_side === 'BUY')
    desk.move(matched.account, matched.token_id, matched.quantity_shares);
  const at = desk.now();
  const value: FillConfirmed = {
    ...rest,
    ...desk.envelope(),
    marks: marksOf(market, at - 500_000),
    confirmed_at: at,
  };
  return [placed(matched.account, { type: 'FillConfirmed', value })];
}

/** As the ingestor captures them: of the fill's market, and of the YES of its whole event. */
function marksOf({ tokens, event }: Life['market'], observed_at: number): FillConfirmed['marks'] {
  const others = (event?.questions ?? []).map((question) => question.yes_token_id);
  return [...new Set([...tokens, ...others])].map((token_id) => ({
    token_id,
    price: priceE18(token_id === tokens[1] ? 6n * 10n ** 17n : 4n * 10n ** 17n),
    kind: 'MID' as const,
    observed_at,
  }));
}

function fillOf(desk: LifeDesk, { opened, market }: Life, quantity: bigint): FillMatched {
  const { random } = desk;
  const number = desk.ordinal();
  const maker = random.chance(1, 2);
  const { event } = market;
  return {
    ...UNSAID,
    ...desk.envelope(),
    status: 'MATCHED',
    fill_id: `fill_${number}`,
    order_id: opened.order_id,
    account: opened.account,
    trading_bot_id: opened.trading_bot_id,
    condition_id: market.conditionId,
    token_id: opened.token_id,
    side: maker ? 'maker' : 'taker',
    order_side: opened.order_side,
    quantity_shares: shares(quantity),
    size_pusd: pusd((quantity * opened.price) / 10n ** 18n),
    price: opened.price,
    // A fee that nobody said sets the fill aside in the books, never in the inventory.
    fee_bps: random.chance(1, 300) ? null : maker ? 0 : 40,
    neg_risk: event !== null,
    neg_risk_given: event !== null,
    neg_risk_market_id: event?.negRiskMarketId ?? null,
    ...named('bus', number),
    matched_at: desk.now(),
  };
}

function closed(desk: LifeDesk, { opened, closes }: Life): Records['OrderClosed'] {
  const { order_id, account, trading_bot_id, condition_id, token_id, order_side, paper } = opened;
  return {
    ...desk.envelope(),
    ...{ order_id, account, trading_bot_id, condition_id, token_id, order_side, paper },
    order_hash: null,
    closing_reason: closes,
    detail: null,
    ...named('bus', desk.ordinal()),
    flags: [],
    incomplete_reasons: [],
  };
}

function timeAdvanced(desk: LifeDesk, account: string): LogEvent {
  return placed(account, { type: 'TimeAdvanced', value: { ...desk.envelope(), to: desk.now() } });
}
