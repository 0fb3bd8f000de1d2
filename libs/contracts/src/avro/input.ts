/**
 * Reading Avro binary: one function a type, all over one cursor. Each refuses to read past the end,
 * so a body that is cut off anywhere fails instead of yielding zeroes.
 *
 * Grammar: long = zigzag varint · string, bytes = long length, octets · decimal = bytes, two's
 * complement, big-endian · ["null", T] = 0x00 | 0x02 T · array = (count, items)* 0x00, where a
 * negative count is followed by the size of its block in bytes.
 */

import { ContractError } from './error.ts';

/** A body and how far it has been read. `at` moves; `end` is the first byte that is not ours. */
export type Input = { bytes: Buffer; at: number; end: number };

/** Strings of a closed set, with their bytes, so that reading one makes no new string. */
export type ClosedSet<Value extends string = string> = {
  readonly name: string;
  readonly values: readonly Value[];
  readonly encoded: readonly Buffer[];
};

const DAY_MS = 86_400_000;
const DAY_MIN = -719_528;
const DAY_MAX = 2_932_896;

const words = new Int32Array(2);
const wide = new BigInt64Array(words.buffer);

export function closedSet<Value extends string>(
  name: string,
  values: readonly Value[],
): ClosedSet<Value> {
  return { name, values, encoded: values.map((value) => Buffer.from(value, 'utf8')) };
}

/** Starts reading. The same cursor object is used again and again: decoding is synchronous. */
export function open(input: Input, bytes: Buffer): void {
  input.bytes = bytes;
  input.at = 0;
  input.end = bytes.length;
}

/** Ends reading: bytes left over are an error. */
export function close(input: Input, name: string): void {
  if (input.at !== input.end) {
    throw undecodable(`${name}: ${input.end - input.at} bytes are left over after the last field.`);
  }
}

/** True when a value follows, false for null. */
export function readPresent(input: Input): boolean {
  const branch = readByte(input);
  if (branch === 2) return true;
  if (branch === 0) return false;
  throw undecodable(`Expected union branch 0 or 1, found byte ${branch}.`);
}

export function readBoolean(input: Input): boolean {
  const byte = readByte(input);
  if (byte > 1) throw undecodable(`Expected a boolean, found byte ${byte}.`);
  return byte === 1;
}

/** An integer within ±(2^53 − 1); beyond, numbers are not exact and it is refused. */
export function readLong(input: Input): number {
  const { bytes, at, end } = input;
  let low = 0;
  let shift = 0;
  for (let index = at; index < end && shift < 28; index += 1) {
    const byte = bytes[index] as number;
    low |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      input.at = index + 1;
      return (low >>> 1) ^ -(low & 1);
    }
    shift += 7;
  }
  if (shift < 28) throw truncated();
  return readLongTail(input, low, at + 4);
}

/** The bytes of a varint after the fourth. Doubles hold them exactly up to 2^53. */
function readLongTail(input: Input, low: number, from: number): number {
  let zigzag = low;
  let factor = 2 ** 28;
  for (let index = from; index < input.end; index += 1) {
    const byte = input.bytes[index] as number;
    zigzag += (byte & 0x7f) * factor;
    if (byte < 0x80) {
      input.at = index + 1;
      if (zigzag > Number.MAX_SAFE_INTEGER) return wideLong(input, from - 4);
      return (low & 1) === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
    }
    factor *= 128;
    if (index - from === 5) break;
  }
  if (input.end - from <= 5) throw truncated();
  throw undecodable('Expected a varint of at most 10 bytes.');
}

function wideLong(input: Input, from: number): number {
  let zigzag = 0n;
  for (let index = from; index < input.at; index += 1) {
    zigzag |= BigInt((input.bytes[index] as number) & 0x7f) << BigInt(7 * (index - from));
  }
  const value = Number((zigzag >> 1n) ^ -(zigzag & 1n));
  if (Number.isSafeInteger(value)) return value;
  throw undecodable('Expected a long within ±(2^53 − 1), found one beyond.');
}

export function readInt(input: Input): number {
  const value = readLong(input);
  if (value !== (value | 0)) throw undecodable(`Expected a 32-bit int, found ${value}.`);
  return value;
}

/** Days since 1970 as YYYY-MM-DD. */
export function readDate(input: Input): string {
  return dateOfDays(readInt(input));
}

/** Throws `UNDECODABLE` outside the years 0000 to 9999, which are all that four digits can show. */
export function dateOfDays(days: number): string {
  if (days < DAY_MIN || days > DAY_MAX)
    throw undecodable(`Expected a day of the years 0000 to 9999, found ${days}.`);
  // tidy-ok: a date is made from the record's own number, no clock is read.
  return new Date(days * DAY_MS).toISOString().slice(0, 10);
}

export function readString(input: Input): string {
  const length = readLength(input);
  if (length === 0) return '';
  const { at } = input;
  input.at = at + length;
  return input.bytes.toString('utf8', at, at + length);
}

/** A copy: the body may be a slice of a fetch buffer that would stay in memory with it. */
export function readBytes(input: Input): Buffer {
  const length = readLength(input);
  const { at } = input;
  input.at = at + length;
  return Buffer.from(input.bytes.subarray(at, at + length));
}

/** A string of a closed set; any other is refused. */
export function readOneOf<Value extends string>(input: Input, set: ClosedSet<Value>): Value {
  const { at } = input;
  const length = readLength(input);
  const { encoded } = set;
  for (let index = 0; index < encoded.length; index += 1) {
    const candidate = encoded[index] as Buffer;
    if (candidate.length === length && sameBytes(input.bytes, input.at, candidate)) {
      input.at += length;
      return set.values[index] as Value;
    }
  }
  input.at = at;
  throw new ContractError(
    'NOT_ALLOWED',
    `${set.name}: expected one of ${set.values.join(', ')}; found ${readString(input)}.`,
  );
}

function sameBytes(bytes: Buffer, at: number, candidate: Buffer): boolean {
  for (let index = 0; index < candidate.length; index += 1) {
    if (bytes[at + index] !== candidate[index]) return false;
  }
  return true;
}

/** An unscaled decimal. Up to eight bytes without arithmetic on bigints. */
export function readDecimal(input: Input): bigint {
  const length = readLength(input);
  const { bytes, at } = input;
  input.at = at + length;
  if (length === 0) throw undecodable('Expected a decimal of at least one byte.');
  if (length > 8) return longDecimal(bytes, at, length);
  const sign = ((bytes[at] as number) << 24) >> 31;
  let high = sign;
  let low = sign;
  for (let index = at; index < at + length; index += 1) {
    high = (high << 8) | (low >>> 24);
    low = (low << 8) | (bytes[index] as number);
  }
  // The second word is the high one: typed arrays are little-endian wherever Node runs.
  words[0] = low;
  words[1] = high;
  return wide[0] as bigint;
}

function longDecimal(bytes: Buffer, at: number, length: number): bigint {
  if (length > 16)
    throw undecodable(`Expected a decimal of at most 38 digits, found ${length} bytes.`);
  const digits = BigInt(`0x${bytes.subarray(at, at + length).toString('hex')}`);
  return BigInt.asIntN(length * 8, digits);
}

export function readArray<Item>(input: Input, readItem: (input: Input) => Item): readonly Item[] {
  const items: Item[] = [];
  for (;;) {
    let count = readLong(input);
    if (count === 0) return items;
    if (count < 0) {
      readLong(input);
      count = -count;
    }
    // Each item takes at least a byte, so a forged count cannot ask for endless memory.
    if (count > input.end - input.at) throw truncated();
    for (let index = 0; index < count; index += 1) items.push(readItem(input));
  }
}

function readByte(input: Input): number {
  const { at } = input;
  if (at >= input.end) throw truncated();
  input.at = at + 1;
  return input.bytes[at] as number;
}

function readLength(input: Input): number {
  const length = readLong(input);
  if (length < 0 || length > input.end - input.at) throw truncated();
  return length;
}

function truncated(): ContractError {
  return undecodable('The body ends before its last field.');
}

function undecodable(message: string): ContractError {
  return new ContractError('UNDECODABLE', message);
}
