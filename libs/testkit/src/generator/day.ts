/**
 * A believable trading day, made from a seed: orders fall into fills, fills climb from MATCHED over
 * MINED to CONFIRMED (some fail), marks walk, messages are re-delivered, and now and then something
 * is plainly wrong (incidents.ts). What should come of it is not said here: expectation.ts works it
 * out from the messages alone.
 *
 * Same seed and same number of fills give the same messages, byte for byte; another seed or number
 * gives other wallets, markets and ids, so that days can be streamed into one log side by side.
 */

import { type ExecutionReport } from '@polytraders/contracts';
import { agendaOf } from './agenda.ts';
import { type Fill, tellFill } from './fills.ts';
import { holdingsOf } from './holdings.ts';
import { FEWEST_FILLS, type Incident, incidentsOf, MOST_FILLS } from './incidents.ts';
import { markWalkOf } from './marks.ts';
import { decideOrder, LEGS_MAX, type Order } from './orders.ts';
import { type Random, randomOf } from './random.ts';
import { bareReport, markObserved, marketDefinition, matchReport, orderReport } from './reports.ts';
import { type Bot, type Universe, universeOf } from './universe.ts';
import { type DayMessage } from './wire.ts';

export const EXECUTION_TOPIC = 'polytraders.reports.execution';
export const MARKS_TOPIC = 'polytraders.market.marks';
export const DEFINITIONS_TOPIC = 'polytraders.market.definitions';

export type DayOptions = {
  readonly seed: string;
  /** How many fills are matched on the day: from FEWEST_FILLS to MOST_FILLS. */
  readonly fills: number;
  /** Start of the day in microseconds since 1970; by default 2026-05-08T00:00:00Z. */
  readonly startsAt?: number;
};

const DEFAULT_START = Date.parse('2026-05-08T00:00:00Z') * 1000;
const SECOND = 1_000_000;
const HOUR = 3600 * SECOND;
/** Orders come in the first 22 hours, so that what they cause is done by midnight. */
const TRADING_HOURS = 22;
/** Fills of an order, on average: what spreads the orders over the hours. */
const FILLS_PER_ORDER = 2;

/**
 * The accounts of a day as the ledger writes them: the wallets, and the paper one with its mark.
 */
export function accountsOfDay(options: DayOptions): readonly string[] {
  const { accounts, paperAccount } = universeOf(seedOf(options));
  return [...accounts, `paper:${paperAccount}`];
}

/**
 * The messages of the day, in the order in which they are sent. Lazy: nothing is kept of what has
 * gone.
 */
export function* generateDay(options: DayOptions): Generator<DayMessage> {
  const { fills } = options;
  if (!Number.isSafeInteger(fills) || fills < FEWEST_FILLS || fills > MOST_FILLS) {
    throw new Error(
      `Expected a day of at least ${FEWEST_FILLS} fills, so that every kind of incident happens, ` +
        `and at most ${MOST_FILLS}; found ${fills}.`,
    );
  }
  const day = dayOf(options);
  yield* opening(day);
  planOrder(day);
  while (day.agenda.runNext()) {
    yield* day.outbox;
    day.outbox.length = 0;
  }
}

type Day = ReturnType<typeof dayOf>;

/** What all of a day derives from. */
export function seedOf({ seed, fills }: DayOptions): string {
  return `${seed}/${fills}`;
}

/** Start of the day in microseconds since 1970. */
export function startOf({ startsAt }: DayOptions): number {
  return startsAt ?? DEFAULT_START;
}

function dayOf(options: DayOptions) {
  const seed = seedOf(options);
  const random = randomOf(seed);
  const universe: Universe = universeOf(seed);
  const outbox: DayMessage[] = [];
  return {
    options,
    random,
    universe,
    outbox,
    startsAt: startOf(options),
    walk: markWalkOf(random, universe.markets),
    holdings: holdingsOf(),
    agenda: agendaOf(),
    incidents: incidentsOf(random, options.fills),
    progress: { told: 0, clock: startOf(options) },
  };
}

/** Definitions and first marks: what market data has said before the first order. */
function* opening(day: Day): Generator<DayMessage> {
  const endDate = new Date((day.startsAt + 24 * HOUR) / 1000).toISOString().slice(0, 10);
  for (const market of day.universe.markets) {
    const value = marketDefinition(market, endDate);
    const body = { form: 'record', type: 'MarketDefinition', value } as const;
    yield { topic: DEFINITIONS_TOPIC, key: market.conditionId, at: day.startsAt, body };
  }
  for (const market of day.universe.markets) {
    for (const outcome of [0, 1] as const) {
      const token = market.tokens[outcome];
      const value = markObserved(token, day.walk.millsOf(market, outcome), day.startsAt);
      const body = { form: 'record', type: 'MarkObserved', value } as const;
      yield { topic: MARKS_TOPIC, key: token, at: day.startsAt, body };
    }
  }
}

function planOrder(day: Day): void {
  const { random, progress, options } = day;
  if (progress.told >= options.fills) return;
  const meanGap = Math.floor((TRADING_HOURS * HOUR * FILLS_PER_ORDER) / options.fills);
  progress.clock += random.between(1, Math.min(2 * meanGap, 2 ** 32 - 2));
  day.agenda.plan(progress.clock, () => {
    placeOrder(day, nextBot(day));
    planOrder(day);
  });
}

/** Whose gateway tells what is wrong with a fee, or nothing of a fill but its order. */
const CARELESS = 'taker.scalper';
/** What sets a fill aside, or hides its place: books and chain are apart by it. */
const DRIFTING: ReadonlySet<Incident | undefined> = new Set(['bare', 'feeMissing', 'feeOverCap']);

/** One of them, but for what is told carelessly: the other wallets agree with the chain. */
function nextBot({ random, universe, incidents, progress }: Day): Bot {
  const bot = pickBot(random, universe.bots);
  const isDrifting = Array.from({ length: LEGS_MAX }, (_, at) =>
    DRIFTING.has(incidents.get(progress.told + at)),
  ).includes(true);
  return isDrifting ? (universe.bots.find(({ id }) => id === CARELESS) ?? bot) : bot;
}

/** Quoters trade more than others: the first bots of the list are drawn more often. */
function pickBot(random: Random, bots: readonly Bot[]): Bot {
  const draw = Math.min(random.between(0, bots.length - 1), random.between(0, bots.length + 3));
  return bots[draw] ?? random.pick(bots);
}

function placeOrder(day: Day, bot: Bot): void {
  const { random, progress, walk, holdings } = day;
  const at = progress.clock;
  const order = decideOrder(random, { bot, holdings, walk }, at, day.options.fills - progress.told);
  tellMarks(day, order, at);
  if (random.chance(1, 60)) {
    tellOrder(day, order, 'REJECTED', at);
    return;
  }
  tellOrder(day, order, 'OPEN', at);
  let time = at;
  for (const leg of order.legs) {
    time += random.between(SECOND / 5, order.maker ? 600 * SECOND : 3 * SECOND);
    startFill(day, tellFill(random, order, leg), progress.told++, time);
  }
  const closes = order.expiresAt ?? time + random.between(SECOND, 60 * SECOND);
  day.agenda.plan(closes, () => tellOrder(day, order, order.ending, closes));
}

/** A mark of each outcome shortly before the order: quotes move before somebody trades on them. */
function tellMarks(day: Day, order: Order, at: number): void {
  for (const outcome of [0, 1] as const) {
    const token = order.market.tokens[outcome];
    const value = markObserved(token, day.walk.millsOf(order.market, outcome), at - SECOND);
    day.outbox.push({
      topic: MARKS_TOPIC,
      key: token,
      at,
      body: { form: 'record', type: 'MarkObserved', value },
    });
  }
}

/** Offers the shares of a sale at once, and plans the fill's way up the ladder. */
function startFill(day: Day, fill: Fill, ordinal: number, at: number): void {
  const { random, agenda, holdings } = day;
  const incident = day.incidents.get(ordinal);
  const { order } = fill;
  const move = (quantity: bigint) =>
    holdings.move(order.account, order.bot.id, order.token, quantity);
  if (order.side === 'SELL') move(-fill.shares);
  const mined = at + random.between(2 * SECOND, 8 * SECOND);
  const final = mined + random.between(3 * SECOND, 30 * SECOND);
  const told = incident === undefined ? fill : bend(fill, incident);
  if (incident !== 'bare') {
    agenda.plan(at, () => tellMatch(day, told, 'MATCHED', at));
    if (!fails(incident)) agenda.plan(mined, () => tellMatch(day, told, 'MINED', mined));
  }
  agenda.plan(final, () => finishFill(day, told, incident, final));
  if (incident === 'redelivered') redeliver(day, told, final);
  else if (incident !== undefined) planMishap(day, told, incident, final);
}

function fails(incident: Incident | undefined): boolean {
  return incident === 'failed' || incident === 'statusConflict';
}

function finishFill(day: Day, fill: Fill, incident: Incident | undefined, at: number): void {
  const { order } = fill;
  const failed = fails(incident);
  if (incident === 'bare') tellReport(day, order.account, bareReport(fill, at), at);
  else tellMatch(day, fill, failed ? 'FAILED' : 'CONFIRMED', at);
  // What a failed sale offered is there again; what a good purchase brought may be sold. Purchases
  // that the ledger sets aside for their fee are not counted on, so that no wallet is sold short.
  const payable = incident !== 'feeMissing' && incident !== 'feeOverCap';
  const gained = order.side === 'SELL' ? failed : !failed && payable;
  if (gained) day.holdings.move(order.account, order.bot.id, order.token, fill.shares);
}

/** A fill whose fee is wrong from the start. */
function bend(fill: Fill, incident: Incident): Fill {
  if (incident === 'feeMissing') return { ...fill, fee: null, feeBps: null, builderFee: null };
  if (incident !== 'feeOverCap') return fill;
  return { ...fill, fee: null, feeBps: fill.order.maker ? 75 : 250, builderFee: null };
}

/** The last message once or twice more: as after a restart of the gateway. */
function redeliver(day: Day, fill: Fill, final: number): void {
  const later = final + day.random.between(SECOND, 900 * SECOND);
  day.agenda.plan(later, () => {
    tellMatch(day, fill, 'CONFIRMED', final, later);
    if (day.random.chance(1, 3)) tellMatch(day, fill, 'CONFIRMED', final, later);
  });
}

/** What comes on top of a fill's own messages, or beside them. */
function planMishap(day: Day, fill: Fill, incident: Incident, final: number): void {
  const { random } = day;
  const later = final + random.between(SECOND, 300 * SECOND);
  const { account } = fill.order;
  const fresh = { ...fill, fillId: `fill_${random.hex(8).slice(2)}`, txHash: null };
  const lost = { ...fresh, order: { ...fill.order, orderId: random.hex(32) } };
  const cut = random.chance(1, 2);
  const tellers: Partial<Record<Incident, () => void>> = {
    conflict: () => tellMatch(day, otherQuantity(fill), 'CONFIRMED', final, later),
    statusConflict: () => tellMatch(day, fill, 'CONFIRMED', later),
    incomplete: () => tellReport(day, account, bareReport(lost, later), later),
    priceOutOfRange: () => tellMatch(day, atTwelveTenths(fresh), 'CONFIRMED', later),
    undecodable: () => tellRubbish(day, fill, later, cut),
  };
  const tell = tellers[incident];
  if (tell !== undefined) day.agenda.plan(later, tell);
}

/** With a size beside the quantity the price would not be asked, so it has the quantity only. */
function atTwelveTenths(fill: Fill): Fill {
  return { ...fill, priceE18: 12n * 10n ** 17n, quantity: fill.shares, size: null };
}

function otherQuantity(fill: Fill): Fill {
  const more = 1_000_000n;
  return {
    ...fill,
    quantity: fill.quantity === null ? null : fill.quantity + more,
    size: fill.size === null ? null : fill.size + more,
  };
}

function tellRubbish(day: Day, fill: Fill, at: number, cut: boolean): void {
  const value = matchReport(fill, 'CONFIRMED', at);
  const bytes = Buffer.from(`{"fill_id":"${fill.fillId}","status":"CONFIRMED"}`);
  day.outbox.push({
    topic: EXECUTION_TOPIC,
    key: fill.order.account,
    at,
    body: cut ? { form: 'cut', type: 'ExecutionReport', value } : { form: 'bytes', bytes },
  });
}

function tellOrder(day: Day, order: Order, status: ExecutionReport['status'], at: number): void {
  tellReport(day, order.account, orderReport(order, status, at), at);
}

function tellMatch(
  day: Day,
  fill: Fill,
  status: ExecutionReport['status'],
  effectiveAt: number,
  sentAt = effectiveAt,
): void {
  tellReport(day, fill.order.account, matchReport(fill, status, effectiveAt), sentAt);
}

function tellReport(day: Day, key: string, value: ExecutionReport, at: number): void {
  const body = { form: 'record', type: 'ExecutionReport', value } as const;
  day.outbox.push({ topic: EXECUTION_TOPIC, key, at, body });
}
