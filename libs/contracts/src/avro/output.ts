/**
 * Writing Avro binary: the mirror of input.ts, over one buffer that grows and is used again.
 * Canonical: decimals and varints are as short as they can be, arrays are one block, so that equal
 * values have equal bytes wherever they are written.
 *
 * Every function checks what it writes: a value that its type does not allow is refused here, not
 * by the reader seven years later.
 */

import { ContractError } from './error.ts';
import { type ClosedSet } from './input.ts';

/** What has been written so far: `bytes` up to `at`. */
export type Output = { bytes: Buffer; at: number };

const FIRST_CAPACITY = 4096;
const SHORT_STRING_MAX = 24;
const DECIMAL_MAX = 10n ** 38n;
const DAY_MS = 86_400_000;
const ISO_DATE = /^\d{4}-\d{2}-\d{2}$/;

const words = new Int32Array(2);
const wide = new BigInt64Array(words.buffer);

export function newOutput(): Output {
  return { bytes: Buffer.allocUnsafeSlow(FIRST_CAPACITY), at: 0 };
}

/** A copy of what was written; the buffer stays for the next value. */
export function finish(output: Output): Buffer {
  const copy = Buffer.allocUnsafe(output.at);
  output.bytes.copy(copy, 0, 0, output.at);
  return copy;
}

export function writeNull(output: Output): void {
  reserve(output, 1);
  output.bytes[output.at] = 0;
  output.at += 1;
}

/** The branch of a value that is not null. */
export function writePresent(output: Output): void {
  reserve(output, 1);
  output.bytes[output.at] = 2;
  output.at += 1;
}

export function writeBoolean(output: Output, value: boolean): void {
  if (typeof value !== 'boolean') throw refused('a boolean', value);
  reserve(output, 1);
  output.bytes[output.at] = value ? 1 : 0;
  output.at += 1;
}

/** An integer within ±(2^53 − 1). */
export function writeLong(output: Output, value: number): void {
  if (!Number.isSafeInteger(value)) throw refused('an integer within ±(2^53 − 1)', value);
  reserve(output, 10);
  const { bytes } = output;
  let { at } = output;
  if (value >= -0x40000000 && value < 0x40000000) {
    let zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
    while (zigzag > 0x7f) {
      bytes[at] = (zigzag & 0x7f) | 0x80;
      at += 1;
      zigzag >>>= 7;
    }
    bytes[at] = zigzag;
    output.at = at + 1;
    return;
  }
  output.at = writeWide(bytes, at, value);
}

/** Zigzag needs 54 bits here: the low 28 apart, the rest as a double. */
function writeWide(bytes: Buffer, from: number, value: number): number {
  const magnitude = value < 0 ? -(value + 1) : value;
  const upper = Math.floor(magnitude / 0x8000000);
  let low = (magnitude - upper * 0x8000000) * 2 + (value < 0 ? 1 : 0);
  let high = upper;
  let at = from;
  for (let count = 0; count < 4; count += 1) {
    bytes[at] = (low & 0x7f) | 0x80;
    at += 1;
    low >>>= 7;
  }
  while (high > 0x7f) {
    bytes[at] = (high & 0x7f) | 0x80;
    at += 1;
    high >>>= 7;
  }
  bytes[at] = high;
  return at + 1;
}

export function writeInt(output: Output, value: number): void {
  if (value !== (value | 0)) throw refused('a 32-bit integer', value);
  writeLong(output, value);
}

/** The date written last: records that follow each other carry few different ones. */
let known = { date: '1970-01-01', days: 0 };

/** YYYY-MM-DD as days since 1970. */
export function writeDate(output: Output, value: string): void {
  if (value !== known.date) known = { date: value, days: daysOf(value) };
  writeLong(output, known.days);
}

function daysOf(value: string): number {
  const ms = ISO_DATE.test(value) ? Date.parse(value) : Number.NaN;
  // Date.parse refuses 2026-02-30 in ISO form on V8; the round trip makes sure of it.
  // tidy-ok: the date is the record's own, no clock is read.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== value) {
    throw refused('a date YYYY-MM-DD', value);
  }
  return ms / DAY_MS;
}

export function writeString(output: Output, value: string): void {
  if (typeof value !== 'string') throw refused('a string', value);
  const { length } = value;
  if (length <= SHORT_STRING_MAX) {
    writeShortString(output, value, length);
    return;
  }
  // Nearly all strings are ASCII, as many bytes as units: one write does. Others show by size.
  const start = output.at;
  writeLong(output, length);
  reserve(output, 3 * length);
  const size = output.bytes.write(value, output.at, 'utf8');
  if (size === length) {
    output.at += size;
    return;
  }
  output.at = start;
  writeBytes(output, Buffer.from(value, 'utf8'));
}

function writeShortString(output: Output, value: string, length: number): void {
  reserve(output, 3 * SHORT_STRING_MAX + 2);
  const { bytes, at } = output;
  for (let index = 0; index < length; index += 1) {
    const unit = value.charCodeAt(index);
    if (unit > 0x7f) {
      writeBytes(output, Buffer.from(value, 'utf8'));
      return;
    }
    bytes[at + 1 + index] = unit;
  }
  bytes[at] = length << 1;
  output.at = at + 1 + length;
}

export function writeBytes(output: Output, value: Uint8Array): void {
  if (!(value instanceof Uint8Array)) throw refused('bytes', value);
  writeLong(output, value.length);
  reserve(output, value.length);
  output.bytes.set(value, output.at);
  output.at += value.length;
}

export function writeOneOf<Value extends string>(
  output: Output,
  set: ClosedSet<Value>,
  value: Value,
): void {
  const index = set.values.indexOf(value);
  if (index < 0) throw refused(`${set.name} to be one of ${set.values.join(', ')}`, value);
  writeShortString(output, value, value.length);
}

/** An unscaled decimal of at most 38 digits, in as few bytes as hold it. */
export function writeDecimal(output: Output, value: bigint): void {
  if (typeof value !== 'bigint') throw refused('a bigint', value);
  wide[0] = value;
  if (wide[0] !== value) {
    writeLongDecimal(output, value);
    return;
  }
  // The second word is the high one: typed arrays are little-endian wherever Node runs.
  const low = words[0] as number;
  const high = words[1] as number;
  const size = high === low >> 31 ? sizeOf(low) : 4 + sizeOf(high);
  reserve(output, 9);
  const { bytes } = output;
  let { at } = output;
  bytes[at] = size << 1;
  at += 1;
  for (let index = size - 1; index >= 0; index -= 1) {
    bytes[at] = index >= 4 ? high >> ((index - 4) * 8) : low >> (index * 8);
    at += 1;
  }
  output.at = at;
}

/** How many bytes hold this word in two's complement. */
function sizeOf(word: number): number {
  if (word === (word << 24) >> 24) return 1;
  if (word === (word << 16) >> 16) return 2;
  return word === (word << 8) >> 8 ? 3 : 4;
}

function writeLongDecimal(output: Output, value: bigint): void {
  if (value >= DECIMAL_MAX || value <= -DECIMAL_MAX) throw refused('at most 38 digits', value);
  let size = 9;
  while (BigInt.asIntN(size * 8, value) !== value) size += 1;
  const hex = BigInt.asUintN(size * 8, value)
    .toString(16)
    .padStart(size * 2, '0');
  writeBytes(output, Buffer.from(hex, 'hex'));
}

export function writeArray<Item>(
  output: Output,
  items: readonly Item[],
  writeItem: (output: Output, item: Item) => void,
): void {
  const given: unknown = items;
  if (!Array.isArray(given)) throw refused('a list', given);
  if (items.length > 0) {
    writeLong(output, items.length);
    for (const item of items) writeItem(output, item);
  }
  writeNull(output);
}

/** Makes room. Doubling keeps the copies few; the buffer never shrinks. */
function reserve(output: Output, size: number): void {
  if (output.at + size <= output.bytes.length) return;
  const larger = Buffer.allocUnsafeSlow(Math.max(output.bytes.length * 2, output.at + size));
  output.bytes.copy(larger, 0, 0, output.at);
  output.bytes = larger;
}

function refused(expected: string, value: unknown): ContractError {
  const found = typeof value === 'string' ? `"${value}"` : String(value);
  return new ContractError('NOT_ALLOWED', `Expected ${expected}; found ${found}.`);
}
