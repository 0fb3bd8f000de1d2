/**
 * What people write on the command line of commands that ask something of the ledger. Amounts are
 * read digit by digit and stay integers of 10⁻⁶ (rule M1); none ever passes through `number`.
 */

import { formatMicros, parseMicros } from '@polytraders/money';
import { InvalidArgumentError } from 'commander';

/** Longest time that inventory is kept for a request: thirty days. */
const TTL_MS_MAX = 2_592_000_000;
/** 10¹⁵ shares or pUSD, beyond which the ledger takes none. */
const AMOUNT_MAX = 10n ** 21n;
const TOKEN_END = 1n << 256n;
const NAME_BYTES_MAX = 512;
const PROSE_BYTES_MAX = 16_384;
const WAIT_S_MAX = 3_600;

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Shares or pUSD above 0, in micros. */
export function amountOf(text: string): bigint {
  return amountAbove(text, 1n, 'more than 0');
}

/** pUSD of 0 or more, in micros. */
export function feeOf(text: string): bigint {
  return amountAbove(text, 0n, '0 or more');
}

function amountAbove(text: string, least: bigint, expected: string): bigint {
  const micros = parseMicros(text.trim());
  if (typeof micros === 'bigint' && micros >= least && micros <= AMOUNT_MAX) return micros;
  throw new InvalidArgumentError(
    `Expected ${expected}, at most ${formatMicros(AMOUNT_MAX)}, with six decimals at most, ` +
      `found ${text}.`,
  );
}

/** 500ms, 30s, 10m, 2h, 1d: milliseconds. */
export function ttlOf(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,10})(ms|s|m|h|d)$/.exec(text) ?? [];
  const ms = Number(digits) * (MS_PER_UNIT[unit] ?? 0);
  if (ms >= 1 && ms <= TTL_MS_MAX) return ms;
  throw new InvalidArgumentError(
    `Expected a time such as 30s, 10m or 2h, at most 30d, found ${text}.`,
  );
}

/** Whole seconds. */
export function waitOf(text: string): number {
  const seconds = Number(text);
  if (/^\d{1,4}$/.test(text) && seconds >= 1 && seconds <= WAIT_S_MAX) return seconds;
  throw new InvalidArgumentError(
    `Expected whole seconds from 1 to ${WAIT_S_MAX}, found ${text}; --no-wait does not wait.`,
  );
}

/** An outcome token of the chain, in the one way to write it. */
export function chainTokenOf(text: string): string {
  if (/^(0|[1-9]\d{0,77})$/.test(text) && BigInt(text) < TOKEN_END) return text;
  throw new InvalidArgumentError(
    `Expected a token id in decimal digits without leading zeros, below 2²⁵⁶, found ${text}.`,
  );
}

/** A transaction of the chain, in lower case. */
export function txHashOf(text: string): string {
  const hash = text.toLowerCase();
  if (/^0x[0-9a-f]{64}$/.test(hash)) return hash;
  throw new InvalidArgumentError(`Expected 0x and 64 hex digits, found ${text}.`);
}

/** Identity of a reservation or of a job that is there. */
export function idOf(text: string): string {
  return filled(text, 'an id', NAME_BYTES_MAX);
}

/** Identity of a new reservation: those of orders begin with order/, and are not asked for. */
export function newIdOf(text: string): string {
  if (/^[\w.:-]{1,128}$/.test(text)) return text;
  throw new InvalidArgumentError(
    'Expected an id of at most 128 letters, digits and . : _ - characters, ' +
      `found ${text === '' ? 'none' : text}.`,
  );
}

/** Who asks, or which bot. */
export function nameOf(text: string): string {
  return filled(text, 'a name', NAME_BYTES_MAX);
}

/** Why, in words. */
export function reasonTextOf(text: string): string {
  return filled(text, 'a reason', PROSE_BYTES_MAX);
}

function filled(text: string, what: string, most: number): string {
  if (text.trim() === '') {
    throw new InvalidArgumentError(`Expected ${what}, found a blank one.`);
  }
  if (Buffer.byteLength(text) <= most && text.isWellFormed()) return text;
  throw new InvalidArgumentError(`Expected ${what} of at most ${most} bytes, found a longer one.`);
}
