/**
 * The maker rebate of a fill (rule B7): an accrual, from the rate that the event carries. The
 * cash comes days later as a movement of its own.
 */

import {
  divideTruncate,
  MICROS_PER_UNIT,
  pusd,
  type PusdMicros,
  type RateMicros,
} from '@polytraders/money';
import { type Liquidity } from './fill.ts';

export const REBATE_RATE_MIN = 200_000n;
export const REBATE_RATE_MAX = 250_000n;

export type RebateFlag = 'REBATE_RATE_MISSING' | 'REBATE_RATE_OUT_OF_RANGE' | 'SIDE_UNKNOWN';

export type Rebate = {
  /** Null where it cannot be known; the fill is booked all the same. */
  readonly rebate: PusdMicros | null;
  /** `gross − rebate`; without a known rebate nothing is deducted. */
  readonly net: PusdMicros;
  readonly flag: RebateFlag | null;
};

/**
 * Maker: `gross × rate`, truncated: 1.25 × 0.25 = 0.3125, net 0.9375. Taker: no rebate, 0.
 * A rate that is missing or outside [0.20, 0.25], or a side that is not known, leaves the rebate
 * null and flagged; a gross fee of zero has a rebate of zero whatever they are, so nothing is
 * missing there.
 */
export function makerRebate(
  side: Liquidity | null,
  gross: PusdMicros,
  rebateRate: RateMicros | null,
): Rebate {
  if (side === 'taker' || gross === 0n) return { rebate: pusd(0n), net: gross, flag: null };
  if (side === null) return { rebate: null, net: gross, flag: 'SIDE_UNKNOWN' };
  if (rebateRate === null) return { rebate: null, net: gross, flag: 'REBATE_RATE_MISSING' };
  if (rebateRate < REBATE_RATE_MIN || rebateRate > REBATE_RATE_MAX) {
    return { rebate: null, net: gross, flag: 'REBATE_RATE_OUT_OF_RANGE' };
  }
  const rebate = divideTruncate(gross * rebateRate, MICROS_PER_UNIT);
  return { rebate: pusd(rebate), net: pusd(gross - rebate), flag: null };
}
