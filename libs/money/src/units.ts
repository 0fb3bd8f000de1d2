/**
 * The units of the books. pUSD and shares are integers of 10⁻⁶, prices integers of 10⁻¹⁸, rates
 * integers of 10⁻⁶, each in a bigint that carries its unit in its type, so that shares cannot be
 * added to pUSD by mistake. Money is never a `number`.
 *
 * The constructors cost nothing at run time beyond a call; they are the only place where a bare
 * bigint becomes an amount.
 */

declare const unit: unique symbol;

/** pUSD in integers of 10⁻⁶. May be negative. */
export type PusdMicros = bigint & { readonly [unit]: 'pUSD 10⁻⁶' };

/** Shares (outcome tokens) in integers of 10⁻⁶. May be negative where a book is short. */
export type ShareMicros = bigint & { readonly [unit]: 'shares 10⁻⁶' };

/** pUSD per share in integers of 10⁻¹⁸, as the wire and the tables carry it. */
export type PriceE18 = bigint & { readonly [unit]: 'pUSD per share 10⁻¹⁸' };

/** A rate without dimension (a rebate share, a fee rate) in integers of 10⁻⁶. */
export type RateMicros = bigint & { readonly [unit]: 'rate 10⁻⁶' };

export const MICROS_PER_UNIT = 1_000_000n;
export const E18_PER_UNIT = 1_000_000_000_000_000_000n;
export const BPS_PER_UNIT = 10_000n;

/** Says that a bare integer is pUSD of 10⁻⁶. */
export function pusd(micros: bigint): PusdMicros {
  return micros as PusdMicros;
}

/** Says that a bare integer is shares of 10⁻⁶. */
export function shares(micros: bigint): ShareMicros {
  return micros as ShareMicros;
}

/** Says that a bare integer is a price of 10⁻¹⁸ pUSD per share. */
export function priceE18(e18: bigint): PriceE18 {
  return e18 as PriceE18;
}

/** Says that a bare integer is a rate of 10⁻⁶. */
export function rate(micros: bigint): RateMicros {
  return micros as RateMicros;
}
