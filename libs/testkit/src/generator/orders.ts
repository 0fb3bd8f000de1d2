/**
 * Orders as the bots of the day place them: which outcome, which side, how much, at what price, and
 * into how many fills each one falls. Quantities are whole hundredths of a share and prices whole
 * mills here; what makes amounts uneven is how a fill is told (fills.ts).
 */

import { type Holdings } from './holdings.ts';
import { type MarkWalk } from './marks.ts';
import { type Random } from './random.ts';
import { type Bot, type Market } from './universe.ts';

export type Order = {
  readonly orderId: string;
  readonly bot: Bot;
  readonly account: string;
  readonly market: Market;
  readonly outcome: 0 | 1;
  readonly token: string;
  readonly side: 'BUY' | 'SELL';
  readonly maker: boolean;
  readonly priceMills: number;
  readonly markMills: number;
  readonly quantity: bigint;
  readonly openedAt: number;
  /** GTD orders carry the time at which they lapse. */
  readonly expiresAt: number | null;
  /** How the order ends: what is not filled is cancelled or lapses. */
  readonly ending: 'FILLED' | 'CANCELLED' | 'EXPIRED';
  readonly legs: readonly bigint[];
};

export const HUNDREDTH = 10_000n;
/** Fills of an order, at most. */
export const LEGS_MAX = 4;
const SMALLEST_SALE = 5_000_000n;
const MINUTE = 60_000_000;

/** Decides the next order of a bot at a time; `mostLegs` bounds its number of fills. */
export function decideOrder(
  random: Random,
  desk: { readonly bot: Bot; readonly holdings: Holdings; readonly walk: MarkWalk },
  at: number,
  mostLegs: number,
): Order {
  const { bot, holdings, walk } = desk;
  const account = random.pick(bot.accounts);
  const sale = decideSale(random, bot, account, holdings);
  const market = sale?.market ?? pickMarket(random, bot.markets);
  const outcome = sale?.outcome ?? (random.chance(62, 100) ? 0 : 1);
  walk.step(market);
  const markMills = walk.millsOf(market, outcome);
  const side = sale === null ? 'BUY' : 'SELL';
  const maker = random.chance(bot.makerPercent, 100);
  const quantity = sale?.quantity ?? BigInt(random.between(5_00, 400_00)) * HUNDREDTH;
  const legs = cutIntoLegs(random, quantity, random.between(1, Math.min(mostLegs, LEGS_MAX)));
  const full = random.chance(3, 4);
  const ending = full ? 'FILLED' : random.chance(3, 4) ? 'CANCELLED' : 'EXPIRED';
  return {
    orderId: random.hex(32),
    bot,
    account,
    market,
    outcome,
    side,
    maker,
    markMills,
    quantity,
    ending,
    token: market.tokens[outcome],
    priceMills: priceAround(random, markMills, side, maker),
    openedAt: at,
    expiresAt: ending === 'EXPIRED' ? at + random.between(45, 90) * MINUTE : null,
    // An order that is not filled to the end keeps its last leg unfilled.
    legs: full || legs.length === 1 ? legs : legs.slice(0, -1),
  };
}

type Sale = { readonly market: Market; readonly outcome: 0 | 1; readonly quantity: bigint };

function decideSale(random: Random, bot: Bot, account: string, holdings: Holdings): Sale | null {
  const held = holdings.tokensOf(account, bot.id);
  // Now and then a bot sells what a neighbour in the same wallet has bought: its own book goes
  // short.
  const borrows = random.chance(3, 100);
  if (!borrows && (held.length === 0 || !random.chance(47, 100))) return null;
  const market = borrows ? random.pick(bot.markets) : marketOf(bot, random.pick(held));
  if (market === undefined) return null;
  const outcome = borrows || held.includes(market.tokens[0]) ? 0 : 1;
  const token = market.tokens[outcome];
  const free = holdings.free(account, token);
  const own = holdings.ofBot(account, bot.id, token);
  const most = !borrows && own > 0n && own < free ? own : free;
  if (most < SMALLEST_SALE) return null;
  const whole = random.chance(35, 100);
  return { market, outcome, quantity: whole ? most : partOf(random, most) };
}

/** Some whole hundredths, from a fifth to four fifths. */
function partOf(random: Random, quantity: bigint): bigint {
  return ((quantity * BigInt(random.between(20, 80))) / 100n / HUNDREDTH) * HUNDREDTH;
}

function marketOf(bot: Bot, token: string): Market | undefined {
  return bot.markets.find((market) => market.tokens.includes(token));
}

/** Early markets of the list are the busy ones: the smaller of two draws. */
function pickMarket(random: Random, markets: readonly Market[]): Market {
  const draw = Math.min(
    random.between(0, markets.length - 1),
    random.between(0, markets.length - 1),
  );
  return markets[draw] ?? random.pick(markets);
}

/** Makers stand a little better than the mark for themselves, takers pay up. Inside 0.01–0.99. */
function priceAround(random: Random, mills: number, side: 'BUY' | 'SELL', maker: boolean): number {
  const away = random.between(1, 12);
  const moved = (side === 'BUY') === maker ? mills - away : mills + away;
  return Math.min(990, Math.max(10, moved));
}

/** Cuts a quantity into so many parts of whole hundredths; the first part takes an uneven rest. */
function cutIntoLegs(random: Random, quantity: bigint, parts: number): bigint[] {
  const legs: bigint[] = [];
  let left = quantity;
  for (let part = parts; part > 1 && left > 2n * SMALLEST_SALE; part--) {
    const leg = partOf(random, left / BigInt(part)) + HUNDREDTH;
    legs.push(leg);
    left -= leg;
  }
  return [left, ...legs];
}
