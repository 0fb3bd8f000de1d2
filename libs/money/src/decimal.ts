/**
 * Decimal strings to integers and back, never through `number` (rule M1): `11.988287999999999` is
 * read digit by digit, and so are the exponents that JSON printers like (`9e-6`).
 *
 * Refusals are values. `TOO_LONG` guards the arithmetic: a forged `1e999999999` would otherwise
 * ask for a bigint of a gigabyte.
 */

import { type Rational } from './rational.ts';
import { type PusdMicros, pusd, type ShareMicros, shares } from './units.ts';

export type DecimalRefusal = 'NOT_A_DECIMAL' | 'TOO_LONG';
export type MicrosRefusal = DecimalRefusal | 'FINER_THAN_A_MICRO';

/** `digits × 10^-scale`, exact. The scale is never negative. */
export type Decimal = { readonly digits: bigint; readonly scale: number };

const DECIMAL_LENGTH_MAX = 120;
const EXPONENT_MAX = 120;
const MICRO_DECIMALS = 6;
const SNAP_DECIMALS = 9;
const SHAPE = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** Reads a decimal exactly. `-0.5`, `.5`, `5.`, `9e-6` and `1E3` are decimals; `.` is not. */
export function parseDecimal(text: string): Decimal | DecimalRefusal {
  if (text.length > DECIMAL_LENGTH_MAX) return 'TOO_LONG';
  const match = SHAPE.exec(text);
  if (match === null) return 'NOT_A_DECIMAL';
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = match;
  if (whole.length + fraction.length === 0) return 'NOT_A_DECIMAL';
  const exponent = BigInt(exponentText);
  if (exponent > BigInt(EXPONENT_MAX) || exponent < BigInt(-EXPONENT_MAX)) return 'TOO_LONG';
  const scale = BigInt(fraction.length) - exponent;
  const unsigned = BigInt(whole + fraction) * (scale < 0n ? 10n ** -scale : 1n);
  return {
    digits: sign === '-' ? -unsigned : unsigned,
    scale: scale < 0n ? 0 : scaleOf(scale),
  };
}

/** The decimal as an exact fraction. */
export function rationalOfDecimal(decimal: Decimal): Rational {
  return { numerator: decimal.digits, denominator: 10n ** BigInt(decimal.scale) };
}

/** Reads an exact fraction from a decimal string, for prices and rates. */
export function parseRational(text: string): Rational | DecimalRefusal {
  const decimal = parseDecimal(text);
  return typeof decimal === 'string' ? decimal : rationalOfDecimal(decimal);
}

/**
 * Integers of 10⁻⁶ from a decimal string. More than six decimals are taken to the nearest micro if
 * that is at most 10⁻⁹ away (M1), else refused:
 * `11.988287999999999` lies 10⁻¹⁵ below 11.988288 and becomes it; `0.0000015` is refused.
 */
export function parseMicros(text: string): bigint | MicrosRefusal {
  const decimal = parseDecimal(text);
  if (typeof decimal === 'string') return decimal;
  const finer = decimal.scale - MICRO_DECIMALS;
  if (finer <= 0) return decimal.digits * 10n ** BigInt(-finer);
  const step = 10n ** BigInt(finer);
  const below = decimal.digits / step;
  const rest = decimal.digits - below * step;
  if (rest === 0n) return below;
  const restSize = rest < 0n ? -rest : rest;
  const up = 2n * restSize > step;
  const distance = up ? step - restSize : restSize;
  // The distance is in units of 10^-scale; 10⁻⁹ of a unit is 10^(scale − 9) of these.
  if (distance * 10n ** BigInt(SNAP_DECIMALS) > 10n ** BigInt(decimal.scale))
    return 'FINER_THAN_A_MICRO';
  if (!up) return below;
  return rest < 0n ? below - 1n : below + 1n;
}

/** pUSD from a decimal string, by the rule of `parseMicros`. */
export function parsePusd(text: string): PusdMicros | MicrosRefusal {
  const micros = parseMicros(text);
  return typeof micros === 'string' ? micros : pusd(micros);
}

/** Shares from a decimal string, by the rule of `parseMicros`. */
export function parseShares(text: string): ShareMicros | MicrosRefusal {
  const micros = parseMicros(text);
  return typeof micros === 'string' ? micros : shares(micros);
}

/** `units × 10^-scale` with exactly `scale` decimals: (1250000n, 6) is `1.250000`. */
export function formatFixed(units: bigint, scale: number): string {
  const negative = units < 0n;
  const digits = (negative ? -units : units).toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  const fraction = scale === 0 ? '' : `.${digits.slice(point)}`;
  return `${negative ? '-' : ''}${digits.slice(0, point)}${fraction}`;
}

/** `units × 10^-scale` in the shortest exact form: (1250000n, 6) is `1.25`, (20000000n, 6) `20`. */
export function formatDecimal(units: bigint, scale: number): string {
  const fixed = formatFixed(units, scale);
  if (scale === 0) return fixed;
  let end = fixed.length;
  while (fixed[end - 1] === '0') end -= 1;
  if (fixed[end - 1] === '.') end -= 1;
  return fixed.slice(0, end);
}

/** pUSD, shares or a rate in the shortest exact form. */
export function formatMicros(micros: bigint): string {
  return formatDecimal(micros, MICRO_DECIMALS);
}

/** A price of 10⁻¹⁸ in the shortest exact form. */
export function formatPrice(e18: bigint): string {
  return formatDecimal(e18, 18);
}

/** Bounded by the length of the text, so a small integer; a count of digits is no amount. */
function scaleOf(scale: bigint): number {
  return Number(scale); // tidy-ok: a count of decimals, at most 240, not money.
}
