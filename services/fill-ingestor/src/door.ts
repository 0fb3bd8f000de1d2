/**
 * The bounds of the house, asked of every draft before anything is done with it, whatever source
 * it came from: what lies beyond them would be refused by Avro, Postgres or Kafka later, and stop
 * a partition for good. Refused here it is one quarantined input, and the next one goes on.
 *
 * The bounds are wide: nothing that trades on the venue comes near them. AMOUNT_MAX leaves room
 * for sums: ten million billion fills of it still fit the 38 digits of an amount.
 */

import { E18_PER_UNIT, formatMicros, formatPrice } from '@polytraders/money';
import { type Draft, refuse } from './draft.ts';
import { quoted } from './quoted.ts';

/** 10¹⁵ shares or pUSD, in micros. All the dollars there are on chains are 10¹². */
export const AMOUNT_MAX = 10n ** 21n;
/** A million, in 10⁻¹⁸. Only what the chain says may lie beyond 1: it is a fact (M1). */
export const PRICE_MAX = 10n ** 24n;
/** Three texts make an index row of Postgres, which holds 2,704 bytes. */
export const TEXT_MAX_BYTES = 512;
/** Legs of a movement, positions of an opening balance: an event has 255 questions at most. */
export const LIST_MAX = 5_000;
/** What people write: a question, a reason. */
export const PROSE_MAX_BYTES = 16_384;
/** Before there was such a chain, and after all of us: 2015 to 2100, in microseconds. */
export const TIME_MIN = 1_420_070_400_000_000;
export const TIME_MAX = 4_102_444_800_000_000;
const INT32_MAX = 2 ** 31 - 1;

/** What should have been there and what was found; null within the bounds. */
type Check<Value> = (value: Value) => { readonly expected: string; readonly found: string } | null;

function between(
  low: bigint,
  high: bigint,
  expected: string,
  shown: (of: bigint) => string,
): Check<bigint> {
  return (value) => (value >= low && value <= high ? null : { expected, found: shown(value) });
}

function counted(low: number, high: number, expected: string): Check<number> {
  return (value) =>
    Number.isSafeInteger(value) && value >= low && value <= high
      ? null
      : { expected, found: String(value) };
}

const amount = between(0n, AMOUNT_MAX, 'from 0 to 10¹⁵', formatMicros);
const price = between(0n, PRICE_MAX, 'from 0 to a million', formatPrice);
/** A mark is what a token may be worth. */
export const mark = between(0n, E18_PER_UNIT, 'from 0 to 1', formatPrice);
/** Microseconds. */
export const time = counted(
  TIME_MIN,
  TIME_MAX - 1,
  'from 2015 to 2099, in microseconds since 1970',
);
const int32 = counted(0, INT32_MAX, `from 0 to ${String(INT32_MAX)}`);
const whole = counted(0, Number.MAX_SAFE_INTEGER, 'of 0 or more');
const text: Check<string> = (value) => {
  const expected = whyNotText(value);
  return expected === null ? null : { expected, found: value };
};

/** What is asked of each field of a draft, with its name on the wire. */
const CHECKS: readonly (readonly [field: string, name: string, check: Check<never>])[] = [
  ['fillId', 'fill_id', text],
  ['orderId', 'order_id', text],
  ['orderHash', 'order_hash', text],
  ['account', 'account', text],
  ['tradingBotId', 'trading_bot_id', text],
  ['fallbackBot', 'the bot of the import', text],
  ['conditionId', 'condition_id', text],
  ['venueMarketId', 'venue_market_id', text],
  ['tokenId', 'token_id', text],
  ['quantity', 'quantity_shares', amount],
  ['notional', 'size_pusd', amount],
  ['price', 'price', price],
  ['feePusd', 'fee_pusd', amount],
  ['maxFeePusd', 'max_fee_pusd', amount],
  ['feeDeclaredBy', 'the reviewer of the import', text],
  ['builderCode', 'builder_code', text],
  ['builderFeePusd', 'builder_fee_pusd', amount],
  ['strategySlug', 'strategy_slug', text],
  ['userId', 'user_id', text],
  ['txHash', 'tx_hash', text],
  ['blockHash', 'block_hash', text],
  ['blockNumber', 'block_number', whole],
  ['logIndex', 'log_index', int32],
  ['markPrice', 'mark_price', mark],
  ['markObservedAt', 'mark_observed_at', time],
  ['effectiveAt', 'effective_at', time],
  ['expiresAt', 'expires_at', time],
  ['reservationId', 'reservation_id', text],
  ['correlationId', 'correlation_id', text],
];

/** The draft, or INVALID_INPUT with the first field that lies beyond the bounds. */
export function withinBounds(draft: Draft): Draft {
  if (draft.kind !== 'fill' && draft.kind !== 'order') return draft;
  const fields = draft as unknown as Readonly<Record<string, unknown>>;
  for (const [field, name, check] of CHECKS) {
    const value = fields[field] as never;
    const odd = value === null || value === undefined ? null : check(value);
    if (odd === null) continue;
    return refuse('INVALID_INPUT', `Expected ${name} ${odd.expected}; found ${quoted(odd.found)}.`);
  }
  const odd = oddTextIn(draft.kind === 'fill' ? draft.synthesised : null, 'the market');
  return odd === null ? draft : refuse('INVALID_INPUT', odd);
}

/**
 * Whatever lies beyond the bounds in a record that its schema has read, as a sentence; null within
 * them. Amounts may be negative here: what may be is for the record's own rules.
 */
export function withinAmounts(value: unknown, name: string): string | null {
  if (typeof value === 'bigint') {
    const size = value < 0n ? -value : value;
    const odd = amount(size);
    return odd === null ? null : `Expected ${name} ${odd.expected}; found ${odd.found}.`;
  }
  if (typeof value === 'number') {
    const odd = whole(value);
    return odd === null ? null : `Expected ${name} ${odd.expected}; found ${odd.found}.`;
  }
  if (typeof value === 'string') {
    const odd = text(value);
    return odd === null ? null : `Expected ${name} ${odd.expected}; found ${quoted(odd.found)}.`;
  }
  if (typeof value !== 'object' || value === null) return null;
  if (Array.isArray(value) && value.length > LIST_MAX) {
    const found = `found ${String(value.length)}`;
    return `Expected at most ${String(LIST_MAX)} of ${name}; ${found}.`;
  }
  for (const [member, one] of Object.entries(value)) {
    const odd = withinAmounts(one, Array.isArray(value) ? name : member);
    if (odd !== null) return odd;
  }
  return null;
}

/** What a text should have been, or null where Avro, Postgres and Kafka can all carry it. */
export function whyNotText(value: string, most = TEXT_MAX_BYTES): string | null {
  if (value.includes('\u0000')) return 'without the character NUL';
  if (!value.isWellFormed()) return 'as Unicode without halves of characters';
  return Buffer.byteLength(value) <= most ? null : `of at most ${String(most)} bytes`;
}

/** Which text of a record cannot be carried, as a sentence; ids are keys, others may be longer. */
export function oddTextIn(value: unknown, name: string): string | null {
  if (typeof value === 'string') {
    const expected = whyNotText(value, /id$/i.test(name) ? TEXT_MAX_BYTES : PROSE_MAX_BYTES);
    return expected === null ? null : `Expected ${name} ${expected}; found ${quoted(value)}.`;
  }
  if (typeof value !== 'object' || value === null) return null;
  for (const [member, one] of Object.entries(value)) {
    const odd = oddTextIn(one, Array.isArray(value) ? name : member);
    if (odd !== null) return odd;
  }
  return null;
}
