/**
 * Record batches (magic 2), outgoing. One pass sizes the records and cuts them into batches below
 * the byte limit, a second writes each batch into a buffer of exactly its size.
 *
 *   batch  = offset int64, length int32, leader epoch int32, magic int8, crc32c uint32,
 *            attributes int16, last offset delta int32, first and last timestamp int64,
 *            producer id int64, producer epoch int16, first sequence int32, count int32, records
 *   record = length varint, attributes int8, timestamp delta varlong, offset delta varint,
 *            key varint + bytes, value varint + bytes, headers varint + (key, value)*
 */
import { RuntimeError } from '../errors.ts';
import { crc32c } from './crc32c.ts';
import { type OutputRecord } from './port.ts';

export const BATCH_HEADER_BYTES = 61;
const CRC_AT = 17;
const ATTRIBUTES_AT = 21;
const TRANSACTIONAL = 0x10;
const MAX_INT32 = 0x7fffffff;

/** The part of a record that lies in a batch; the rest says where the batch goes. */
export type BatchRecord = Pick<OutputRecord, 'key' | 'value' | 'headers'>;

/** Producer and position that a batch carries, for the broker to refuse doubles and strangers. */
export type BatchOrigin = {
  readonly producerId: number;
  readonly epoch: number;
  readonly firstSequence: number;
  readonly transactional: boolean;
  readonly timestamp: number;
};

/** Consecutive records that fit one batch. */
export type BatchPlan<R extends BatchRecord> = {
  readonly records: readonly R[];
  /** Size of each record's body, in the same order. */
  readonly bodySizes: readonly number[];
  /** Size of the whole batch. */
  readonly bytes: number;
};

/** Kafka's arithmetic on sequence numbers: after 2³¹ − 1 comes 0. */
export function sequenceAfter(sequence: number, records: number): number {
  const next = sequence + records;
  return next > MAX_INT32 ? next - MAX_INT32 - 1 : next;
}

/**
 * Cuts records into batches of at most `maxBatchBytes`, in order; of at most `wantedBytes`, but for
 * a record that is larger by itself. Throws RECORD_TOO_LARGE for one that `maxBatchBytes` cannot
 * hold.
 */
export function planBatches<R extends BatchRecord>(
  records: readonly R[],
  maxBatchBytes: number,
  wantedBytes = maxBatchBytes,
): BatchPlan<R>[] {
  const plans: BatchPlan<R>[] = [];
  let current: R[] = [];
  let bodySizes: number[] = [];
  let bytes = BATCH_HEADER_BYTES;
  for (const record of records) {
    let body = bodySize(record, current.length);
    let size = body + varintSize(body);
    if (bytes + size > wantedBytes && current.length > 0) {
      plans.push({ records: current, bodySizes, bytes });
      current = [];
      bodySizes = [];
      bytes = BATCH_HEADER_BYTES;
      body = bodySize(record, 0);
      size = body + varintSize(body);
    }
    if (bytes + size > maxBatchBytes) {
      throw new RuntimeError(
        'RECORD_TOO_LARGE',
        `Expected records below ${maxBatchBytes} bytes, found one of ${body}. Split its contents.`,
      );
    }
    current.push(record);
    bodySizes.push(body);
    bytes += size;
  }
  if (current.length > 0) plans.push({ records: current, bodySizes, bytes });
  return plans;
}

/** One batch as the broker stores it. All its records carry the same timestamp. */
export function encodeBatch(plan: BatchPlan<BatchRecord>, origin: BatchOrigin): Buffer {
  const { records, bodySizes, bytes } = plan;
  const buffer = Buffer.allocUnsafe(bytes);
  writeInt64(buffer, 0, 0);
  buffer.writeInt32BE(bytes - 12, 8);
  buffer.writeInt32BE(0, 12);
  buffer.writeInt8(2, 16);
  buffer.writeInt16BE(origin.transactional ? TRANSACTIONAL : 0, ATTRIBUTES_AT);
  buffer.writeInt32BE(records.length - 1, 23);
  writeInt64(buffer, origin.timestamp, 27);
  writeInt64(buffer, origin.timestamp, 35);
  writeInt64(buffer, origin.producerId, 43);
  buffer.writeInt16BE(origin.epoch, 51);
  buffer.writeInt32BE(origin.firstSequence, 53);
  buffer.writeInt32BE(records.length, 57);
  let at = BATCH_HEADER_BYTES;
  for (let index = 0; index < records.length; index += 1) {
    const record = records[index];
    const body = bodySizes[index];
    if (record === undefined || body === undefined) continue;
    at = writeRecord(buffer, at, record, index, body);
  }
  buffer.writeUInt32BE(crc32c(buffer, ATTRIBUTES_AT, bytes), CRC_AT);
  return buffer;
}

function writeRecord(
  buffer: Buffer,
  start: number,
  record: BatchRecord,
  offsetDelta: number,
  body: number,
): number {
  let at = writeVarint(buffer, start, body);
  buffer[at] = 0;
  buffer[at + 1] = 0;
  at = writeVarint(buffer, at + 2, offsetDelta);
  at = writeNullable(buffer, at, record.key);
  at = writeNullable(buffer, at, record.value);
  if (record.headers === undefined) {
    buffer[at] = 0;
    return at + 1;
  }
  const headers = Object.entries(record.headers);
  at = writeVarint(buffer, at, headers.length);
  for (const [key, value] of headers) {
    at = writeNullable(buffer, at, key);
    at = writeNullable(buffer, at, value);
  }
  return at;
}

function bodySize(record: BatchRecord, offsetDelta: number): number {
  // Attributes and a timestamp delta of zero take a byte each.
  const fixed = 2 + varintSize(offsetDelta);
  const size = fixed + nullableSize(record.key) + nullableSize(record.value);
  if (record.headers === undefined) return size + 1;
  const headers = Object.entries(record.headers);
  let headerBytes = varintSize(headers.length);
  for (const [key, value] of headers) headerBytes += nullableSize(key) + nullableSize(value);
  return size + headerBytes;
}

function nullableSize(value: string | Buffer | null): number {
  if (value === null) return 1;
  const bytes = typeof value === 'string' ? Buffer.byteLength(value) : value.length;
  return varintSize(bytes) + bytes;
}

function writeNullable(buffer: Buffer, at: number, value: string | Buffer | null): number {
  if (value === null) {
    buffer[at] = 1;
    return at + 1;
  }
  if (typeof value === 'string') {
    const bytes = Buffer.byteLength(value);
    const start = writeVarint(buffer, at, bytes);
    buffer.write(value, start, 'utf8');
    return start + bytes;
  }
  const start = writeVarint(buffer, at, value.length);
  buffer.set(value, start);
  return start + value.length;
}

/** Zigzag of a number that is not negative is twice the number: 64 and more take a second byte. */
function varintSize(value: number): number {
  if (value < 0x40) return 1;
  if (value < 0x2000) return 2;
  if (value < 0x100000) return 3;
  return value < 0x8000000 ? 4 : 5;
}

function writeVarint(buffer: Buffer, start: number, value: number): number {
  let at = start;
  let rest = value * 2;
  while (rest > 0x7f) {
    buffer[at] = (rest & 0x7f) | 0x80;
    at += 1;
    rest = Math.floor(rest / 0x80);
  }
  buffer[at] = rest;
  return at + 1;
}

function writeInt64(buffer: Buffer, value: number, at: number): void {
  const high = Math.floor(value / 2 ** 32);
  buffer.writeInt32BE(high, at);
  buffer.writeUInt32BE(value - high * 2 ** 32, at + 4);
}
