/**
 * Confirmed fills for the bench, as they stand on the log: a fast, endless-looking stream over many
 * books, each of which hovers around flat (bots buy, sell most of it, now and then cross zero). Not
 * a day: no orders, no ladder, no incidents. Everything costly is made once, before the first fill.
 */

import { type FillConfirmed, partitionOf } from '@polytraders/contracts';
import { type PriceE18, priceE18, pusd, rate, shares } from '@polytraders/money';
import { type Random, randomOf } from './random.ts';

export type LogFillOptions = {
  readonly seed: string;
  /** How many fills. */
  readonly count: number;
  /** How many books (account, bot, token) they fall on; a multiple of 72 is used, rounded up. */
  readonly books: number;
  /** Time of the first fill in microseconds since 1970; each next one is `stepMicros` later. */
  readonly startsAt?: number;
  readonly stepMicros?: number;
};

/** Over how many partitions the accounts are spread evenly. */
export const LOG_PARTITIONS = 12;

const ACCOUNTS_PER_PARTITION = 2;
export const BOTS = ['mm.quoter', 'taker.news', 'arb.negrisk'] as const;
const BOOKS_PER_TOKEN = LOG_PARTITIONS * ACCOUNTS_PER_PARTITION * BOTS.length;
const DEFAULT_START = Date.parse('2026-05-08T00:00:00Z') * 1000;
/** A book this far from flat, in hundredths of a share, turns round. */
const FARTHEST = 120_000;
const HUNDREDTH = 10_000;

/** The fills in the order of the log. The same options give the same fills. */
export function* generateLogFills(options: LogFillOptions): Generator<FillConfirmed> {
  const random = randomOf(`${options.seed}|log`);
  const step = options.stepMicros ?? 1_000;
  const desk = deskOf(random, options.books);
  let at = options.startsAt ?? DEFAULT_START;
  for (let ordinal = 0; ordinal < options.count; ordinal++) {
    yield nextFill(random, desk, ordinal, at);
    at += step;
  }
}

type Desk = {
  readonly accounts: readonly string[];
  readonly tokens: readonly { readonly tokenId: string; readonly conditionId: string }[];
  /** Signed hundredths of a share per book. */
  readonly held: Int32Array;
  /** The mark of each token in mills. */
  readonly mills: Int16Array;
  /** Price of each whole number of mills. */
  readonly prices: readonly PriceE18[];
  readonly idPrefix: string;
};

function deskOf(random: Random, books: number): Desk {
  const tokenCount = Math.ceil(books / BOOKS_PER_TOKEN);
  const mills = new Int16Array(tokenCount);
  for (let token = 0; token < tokenCount; token++) mills[token] = random.between(100, 900);
  return {
    accounts: evenAccounts(random),
    tokens: Array.from({ length: tokenCount }, () => ({
      tokenId: BigInt(random.hex(32)).toString(),
      conditionId: random.hex(32),
    })),
    held: new Int32Array(tokenCount * BOOKS_PER_TOKEN),
    mills,
    prices: Array.from({ length: 1001 }, (_, at) => priceE18(BigInt(at) * 10n ** 15n)),
    idPrefix: random.hex(4).slice(2),
  };
}

/** Addresses, drawn until each partition has its share of them. */
export function evenAccounts(random: Random): string[] {
  const accounts: string[] = [];
  const counts = new Array<number>(LOG_PARTITIONS).fill(0);
  while (accounts.length < LOG_PARTITIONS * ACCOUNTS_PER_PARTITION) {
    const account = random.hex(20);
    const partition = partitionOf(account, LOG_PARTITIONS);
    const count = counts[partition] ?? 0;
    if (count >= ACCOUNTS_PER_PARTITION) continue;
    counts[partition] = count + 1;
    accounts.push(account);
  }
  return accounts;
}

function nextFill(random: Random, desk: Desk, ordinal: number, at: number): FillConfirmed {
  const book = random.between(0, desk.held.length - 1);
  const token = Math.floor(book / BOOKS_PER_TOKEN);
  const lane = book % BOOKS_PER_TOKEN;
  const account = desk.accounts[lane % desk.accounts.length] ?? '';
  const bot = BOTS[Math.floor(lane / desk.accounts.length)] ?? BOTS[0];
  const { buy, hundredths } = decideTrade(random, desk.held[book] ?? 0);
  desk.held[book] = (desk.held[book] ?? 0) + (buy ? hundredths : -hundredths);
  const mills = walk(random, desk.mills, token);
  const maker = random.chance(1, 2);
  const mark = desk.prices[mills] ?? priceE18(0n);
  const paid = buy === maker ? mills - random.between(1, 5) : mills + random.between(1, 5);
  const market = desk.tokens[token] ?? { tokenId: '', conditionId: '' };
  // A hundredth of a share at a mill is 10 micro-pUSD: exact in safe integers, then a bigint.
  const notional = hundredths * paid * 10;
  const number = ordinal.toString(16).padStart(12, '0');
  return {
    ...UNSAID,
    event_id: `evt_${desk.idPrefix}${number}`,
    correlation_id: `fill_${desk.idPrefix}${number}`,
    effective_at: at,
    recorded_at: at + 1_500_000,
    fill_id: `fill_${desk.idPrefix}${number}`,
    order_id: `ord_${desk.idPrefix}${number}`,
    account,
    trading_bot_id: bot,
    condition_id: market.conditionId,
    token_id: market.tokenId,
    side: maker ? 'maker' : 'taker',
    order_side: buy ? 'BUY' : 'SELL',
    quantity_shares: shares(BigInt(hundredths * HUNDREDTH)),
    size_pusd: pusd(BigInt(notional)),
    price: desk.prices[paid] ?? mark,
    fee_bps: maker ? 0 : 40,
    marks: [{ token_id: market.tokenId, price: mark, kind: 'MID', observed_at: at - 500_000 }],
    source_position: number,
    matched_at: at - 20_000_000,
    confirmed_at: at,
  };
}

/** Toward flat more often than away from it, whole now and then, sometimes across zero. */
function decideTrade(random: Random, held: number): { buy: boolean; hundredths: number } {
  const size = random.between(1_00, 400_00);
  if (held === 0) return { buy: true, hundredths: size };
  const back = Math.abs(held) > FARTHEST || random.chance(55, 100);
  const buy = held > 0 ? !back : back;
  if (!back) return { buy, hundredths: size };
  const whole = random.chance(1, 3);
  if (whole) return { buy, hundredths: Math.abs(held) };
  // One way back in twenty goes beyond zero: the book turns from long to short, or the other way.
  const across = random.chance(1, 20);
  return { buy, hundredths: across ? Math.abs(held) + size : Math.min(size, Math.abs(held)) };
}

function walk(random: Random, mills: Int16Array, token: number): number {
  const moved = (mills[token] ?? 500) + random.between(-4, 4);
  const held = Math.min(950, Math.max(50, moved));
  mills[token] = held;
  return held;
}

/** What is alike for all of them. */
export const UNSAID = {
  causation_id: null,
  producer: 'fill-ingestor',
  order_hash: null,
  venue_market_id: null,
  fee_source: 'MATCH_EVENT',
  fee_pusd: null,
  fee_declared_by: null,
  builder_code: null,
  builder_fee_pusd: null,
  builder_fee_bps: null,
  strategy_slug: 'bench',
  user_id: null,
  neg_risk: false,
  neg_risk_source: 'GIVEN',
  neg_risk_given: false,
  neg_risk_market_id: null,
  rebate_rate: rate(250_000n),
  identity_recipe: 'BUS',
  source: 'bus',
  joined_sources: [],
  tx_hash: null,
  block_number: null,
  block_hash: null,
  log_index: null,
  paper: false,
  flags: [],
  incomplete_reasons: [],
} as const;
