/**
 * Record batches (magic 2), incoming, straight into KafkaRecords. Checks each checksum, leaves
 * out control records and, for read_committed, the records of aborted transactions, and counts
 * them in the next offset. Keys, values and headers are views of the fetched buffer: whoever
 * keeps one for long keeps the whole fetch, and copies it instead.
 */
import zlib from 'node:zlib';
import { RuntimeError } from '../errors.ts';
import { type AbortedTransaction, walkAborted } from './aborted.ts';
import { crc32c } from './crc32c.ts';
import { type KafkaRecord } from './port.ts';
import { BATCH_HEADER_BYTES } from './record-encoder.ts';

const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
const CODEC_MASK = 0x07;
const CODEC_NAMES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const MAX_DECOMPRESSED_BYTES = 256 * 1024 * 1024;
const NO_HEADERS: Readonly<Record<string, Buffer>> = Object.freeze({});

export type DecodedRecords = {
  readonly records: KafkaRecord[];
  /** One past the last complete batch, or the offset asked for where there was none. */
  readonly nextOffset: number;
};

/**
 * Decodes the record set of one partition of a fetch. `aborted` is what the broker listed, and is
 * empty under read_uncommitted. A batch cut off at the end is left for the next fetch.
 * Throws KAFKA_FAULT for a batch that cannot be read, KAFKA_UNSUPPORTED for its codec.
 */
export function decodeRecords(
  set: Buffer,
  fetchOffset: number,
  aborted: readonly AbortedTransaction[],
): DecodedRecords {
  const records: KafkaRecord[] = [];
  const walk = walkAborted(aborted);
  let nextOffset = fetchOffset;
  let start = 0;
  while (start + BATCH_HEADER_BYTES <= set.length) {
    const end = start + 12 + set.readInt32BE(start + 8);
    if (end > set.length) break;
    const magic = set.readInt8(start + 16);
    if (magic !== 2) throw unreadable(start, `format ${magic}; only format 2 is read`);
    if (crc32c(set, start + 21, end) !== set.readUInt32BE(start + 17)) {
      throw unreadable(readInt64(set, start), 'a checksum that does not match');
    }
    const baseOffset = readInt64(set, start);
    const lastOffset = baseOffset + set.readInt32BE(start + 23);
    const attributes = set.readInt16BE(start + 21);
    const producerId = readInt64(set, start + 43);
    walk.reach(lastOffset);
    if ((attributes & CONTROL) !== 0) {
      if (isAbortMarker(set, start)) walk.ended(producerId);
    } else if ((attributes & TRANSACTIONAL) === 0 || !walk.isGone(producerId)) {
      readBatch(set, start, end, attributes, baseOffset, fetchOffset, records);
    }
    nextOffset = Math.max(nextOffset, lastOffset + 1);
    start = end;
  }
  return { records, nextOffset };
}

/** The next offset alone, from the batch headers: the next fetch goes out before the decoding. */
export function offsetAfter(set: Buffer, fetchOffset: number): number {
  let nextOffset = fetchOffset;
  let start = 0;
  while (start + BATCH_HEADER_BYTES <= set.length) {
    const end = start + 12 + set.readInt32BE(start + 8);
    if (end > set.length || end <= start) break;
    nextOffset = Math.max(nextOffset, readInt64(set, start) + set.readInt32BE(start + 23) + 1);
    start = end;
  }
  return nextOffset;
}

/** The key of a control record is a version and a type, int16 each; type 0 is abort. */
function isAbortMarker(set: Buffer, start: number): boolean {
  const cursor = new RecordCursor(set, start + BATCH_HEADER_BYTES);
  cursor.varint();
  cursor.at += 1;
  cursor.varint();
  cursor.varint();
  const keyBytes = cursor.varint();
  return keyBytes >= 4 && set.readInt16BE(cursor.at + 2) === 0;
}

function readBatch(
  set: Buffer,
  start: number,
  end: number,
  attributes: number,
  baseOffset: number,
  fetchOffset: number,
  into: KafkaRecord[],
): void {
  const count = set.readInt32BE(start + 57);
  const appendTime = (attributes & LOG_APPEND_TIME) !== 0;
  const firstTimestamp = readInt64(set, start + 27);
  const maxTimestamp = readInt64(set, start + 35);
  const codec = attributes & CODEC_MASK;
  const body = set.subarray(start + BATCH_HEADER_BYTES, end);
  const cursor = new RecordCursor(codec === 0 ? body : decompressed(codec, body, baseOffset), 0);
  for (let index = 0; index < count; index += 1) {
    const length = cursor.varint();
    const next = cursor.at + length;
    if (next > cursor.buffer.length) throw unreadable(baseOffset, 'a record that ends too early');
    cursor.at += 1;
    const timestampDelta = cursor.varint();
    const offset = baseOffset + cursor.varint();
    if (offset >= fetchOffset) {
      const timestamp = appendTime ? maxTimestamp : firstTimestamp + timestampDelta;
      const key = cursor.bytes();
      const value = cursor.bytes();
      into.push({ offset, key, value, headers: cursor.headers(), timestamp });
    }
    cursor.at = next;
  }
}

function decompressed(codec: number, body: Buffer, baseOffset: number): Buffer {
  const limit = { maxOutputLength: MAX_DECOMPRESSED_BYTES };
  if (codec !== 1 && codec !== 4) {
    throw new RuntimeError(
      'KAFKA_UNSUPPORTED',
      `Expected batches of gzip, zstd or no compression; the one at offset ${baseOffset} ` +
        `is ${CODEC_NAMES[codec] ?? `codec ${codec}`}. Set compression.type of the topic.`,
    );
  }
  try {
    return codec === 1 ? zlib.gunzipSync(body, limit) : zlib.zstdDecompressSync(body, limit);
  } catch (error) {
    throw unreadable(baseOffset, 'compressed records that do not decompress', error);
  }
}

function unreadable(offset: number, found: string, cause?: unknown): RuntimeError {
  return new RuntimeError(
    'KAFKA_FAULT',
    `Expected a readable record batch at offset ${offset}, found ${found}. ` +
      "Check the broker's disk.",
    { retryable: false, cause },
  );
}

/** A position in a buffer of records; the varints of a record are read one after another. */
class RecordCursor {
  readonly buffer: Buffer;
  at: number;

  constructor(buffer: Buffer, at: number) {
    this.buffer = buffer;
    this.at = at;
  }

  varint(): number {
    const first = this.buffer[this.at] ?? 0;
    if (first < 0x80) {
      this.at += 1;
      return (first >>> 1) ^ -(first & 1);
    }
    return this.longVarint();
  }

  private longVarint(): number {
    let zigzag = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.buffer[this.at] ?? 0;
      this.at += 1;
      zigzag += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
  }

  bytes(): Buffer | null {
    const length = this.varint();
    if (length < 0) return null;
    const start = this.at;
    this.at = start + length;
    return this.buffer.subarray(start, this.at);
  }

  headers(): Readonly<Record<string, Buffer>> {
    const count = this.varint();
    if (count === 0) return NO_HEADERS;
    const headers: Record<string, Buffer> = {};
    for (let index = 0; index < count; index += 1) {
      const key = this.bytes();
      const value = this.bytes();
      if (key !== null && value !== null) headers[key.toString('utf8')] = value;
    }
    return headers;
  }
}

function readInt64(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * 2 ** 32 + buffer.readUInt32BE(at + 4);
}
