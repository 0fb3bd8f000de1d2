/**
 * The fee of a fill (rule B6): taken from the match, never from the order, never estimated.
 *
 * Two parts lie in one amount: the venue's platform fee and the builder's. The caps of 100 and 50
 * basis points are builder caps: they judge bps as given and the builder part. A whole absolute
 * fee is judged by the exchange's own cap. Comparing the platform part with the venue's formula
 * only flags: the cash has moved.
 */

import {
  BPS_PER_UNIT,
  divideTruncate,
  MICROS_PER_UNIT,
  type PusdMicros,
  pusd,
  type RateMicros,
  type ShareMicros,
} from '@polytraders/money';
import { type Liquidity } from './fill.ts';

/** Where a fee comes from: see rule B6. */
export type FeeSource = 'CHAIN' | 'MATCH_EVENT' | 'DECLARED' | 'RELEASED';

export const TAKER_BPS_MAX = 100;
export const MAKER_BPS_MAX = 50;

/** The exchange's `maxFeeRateBps` where nothing else is configured. There 0 means no cap. */
export const EXCHANGE_BPS_MAX = 500;

/** The venue counts fees in steps of 0.00001 pUSD. */
const VENUE_FEE_STEP = 10n;

export type GivenFee = {
  /** Null where the source does not know it. */
  readonly side: Liquidity | null;
  readonly notional: PusdMicros;
  readonly feePusd: PusdMicros | null;
  readonly feeBps: number | null;
  readonly builderFee: PusdMicros | null;
};

/**
 * `notional × bps ÷ 10 000`, truncated to the micro as the venue does.
 * 500 pUSD at 25 bps is 1.25 (the specification prints 12.5: an error of its example).
 */
export function feeFromBps(notional: PusdMicros, bps: number): PusdMicros {
  return pusd(divideTruncate(notional * BigInt(bps), BPS_PER_UNIT));
}

/** The gross fee: an absolute one wins over basis points; null where the match carries neither. */
export function grossFee(given: GivenFee): PusdMicros | null {
  if (given.feePusd !== null) return given.feePusd;
  return given.feeBps === null ? null : feeFromBps(given.notional, given.feeBps);
}

/**
 * The cap on basis points of this side: taker 100, maker 50. Of an unknown side it is the wider
 * one: only what breaks it is a breach for certain.
 */
export function bpsCap(side: Liquidity | null): number {
  return side === 'maker' ? MAKER_BPS_MAX : TAKER_BPS_MAX;
}

/**
 * Which cap a fee breaks, or null. Bps as given first, then the builder part, then a whole
 * absolute fee against `exchangeBpsMax`, of which 0 caps nothing, as on the exchange. Exactly at a
 * cap is within it.
 */
export function feeCapBreach(
  given: GivenFee,
  exchangeBpsMax: number,
): 'FEE_BPS' | 'BUILDER_FEE' | 'WHOLE_FEE' | null {
  const cap = bpsCap(given.side);
  if (given.feeBps !== null && given.feeBps > cap) return 'FEE_BPS';
  if (given.builderFee !== null && exceeds(given.builderFee, given.notional, cap))
    return 'BUILDER_FEE';
  if (given.feePusd === null || exchangeBpsMax === 0) return null;
  return exceeds(given.feePusd, given.notional, exchangeBpsMax) ? 'WHOLE_FEE' : null;
}

/** What a fill says of its fee, under the names of the log. */
export type ToldFee = {
  /** Null where the source does not know it. */
  readonly side: Liquidity | null;
  readonly size_pusd: PusdMicros;
  readonly fee_pusd: PusdMicros | null;
  readonly fee_bps: number | null;
  readonly builder_fee_pusd: PusdMicros | null;
  readonly builder_fee_bps: number | null;
};

/** What a fill costs, and why it cannot be paid: then it is set aside (B18). */
export type JudgedFee = {
  readonly gross: PusdMicros | null;
  readonly builderFee: PusdMicros | null;
  readonly because: 'PNL_REPORTER_FEE_MISSING' | 'PNL_REPORTER_FEE_CAP_EXCEEDED' | null;
};

/**
 * Judges the fee of a confirmed fill. Books and inventory ask the same, with the cap that the log
 * has told: what the ones set aside, and only that, a release may move in the other.
 */
export function judgeFee(fill: ToldFee, exchangeBpsMax: number): JudgedFee {
  const { builder_fee_bps: builderBps } = fill;
  const builderFee =
    fill.builder_fee_pusd ??
    (builderBps === null ? null : builderFeeFromBps(fill.size_pusd, builderBps));
  const given: GivenFee = {
    side: fill.side,
    notional: fill.size_pusd,
    feePusd: fill.fee_pusd,
    feeBps: fill.fee_bps,
    builderFee,
  };
  const gross = grossFee(given);
  if (gross === null) return { gross, builderFee, because: 'PNL_REPORTER_FEE_MISSING' };
  const breach = feeCapBreach(given, exchangeBpsMax);
  return { gross, builderFee, because: breach === null ? null : 'PNL_REPORTER_FEE_CAP_EXCEEDED' };
}

/**
 * Why a fee that somebody has reviewed cannot be booked (rule B18), or null. Caps do not judge it
 * again; but the builder's part lies in it, and no fill costs more than it moved.
 */
export function releasedFeeBreach(
  notional: PusdMicros,
  fee: PusdMicros,
  builderFee: PusdMicros | null,
): 'BUILDER_ABOVE_FEE' | 'FEE_ABOVE_NOTIONAL' | null {
  if (builderFee !== null && builderFee > fee) return 'BUILDER_ABOVE_FEE';
  return fee > notional ? 'FEE_ABOVE_NOTIONAL' : null;
}

/** The builder's part from its configured basis points, where the report does not give it. */
export function builderFeeFromBps(notional: PusdMicros, bps: number): PusdMicros {
  return feeFromBps(notional, bps);
}

/**
 * The venue's platform fee, `C × rate × p × (1 − p)` with p = notional ÷ quantity, takers only,
 * truncated to five decimals: 261 shares for 234.66 at rate 0.05 → 1.18408.
 * `quantity` and `notional` are those of the whole taker fill in the match, not of one leg.
 */
export function venueFee(
  side: Liquidity,
  quantity: ShareMicros,
  notional: PusdMicros,
  feeRate: RateMicros,
): PusdMicros {
  if (side === 'maker' || quantity === 0n) return pusd(0n);
  // C·p·(1 − p) = notional × (quantity − notional) ÷ quantity.
  const steps = divideTruncate(
    feeRate * notional * (quantity - notional),
    quantity * MICROS_PER_UNIT * VENUE_FEE_STEP,
  );
  return pusd(steps * VENUE_FEE_STEP);
}

/** The fee without the builder's part. */
export function platformFee(gross: PusdMicros, builderFee: PusdMicros | null): PusdMicros {
  return pusd(gross - (builderFee ?? 0n));
}

/** What is odd about a platform fee, or null. A flag, never a refusal. */
export function platformFeeOddity(
  platform: PusdMicros,
  expected: PusdMicros,
): 'PLATFORM_FEE_NEGATIVE' | 'PLATFORM_FEE_DIFFERS' | null {
  if (platform < 0n) return 'PLATFORM_FEE_NEGATIVE';
  return platform === expected ? null : 'PLATFORM_FEE_DIFFERS';
}

function exceeds(fee: PusdMicros, notional: PusdMicros, bps: number): boolean {
  return fee * BPS_PER_UNIT > notional * BigInt(bps);
}
