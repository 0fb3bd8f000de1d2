import { createRequire } from 'node:module';
import zlib from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { crc32c } from './crc32c.ts';
import { decodeRecords, offsetAfter } from './record-decoder.ts';
import { encodeBatch, planBatches, sequenceAfter, type BatchRecord } from './record-encoder.ts';

const require = createRequire(import.meta.url);
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch: (options: object) => Promise<{ buffer: Buffer }>;
};
const Record = require('kafkajs/src/protocol/recordBatch/record/v0') as (record: object) => object;
const Decoder = require('kafkajs/src/protocol/decoder') as new (buffer: Buffer) => object;
const kafkajsDecode = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (
  decoder: object,
) => Promise<{ records: { offset: string; key: Buffer; value: Buffer; headers: object }[] }>;

const TIME = 1_795_000_000_123;
const origin = {
  producerId: 4711,
  epoch: 3,
  firstSequence: 17,
  transactional: true,
  timestamp: TIME,
};

const samples: readonly BatchRecord[] = [
  { key: 'acct-1', value: Buffer.from('first') },
  { key: null, value: Buffer.from('no key') },
  { key: Buffer.from([0, 0, 0, 0]), value: null },
  {
    key: 'é€😀',
    value: Buffer.alloc(300, 7),
    headers: { origin: 'tést', raw: Buffer.from([1, 2]) },
  },
  { key: '', value: Buffer.alloc(0), headers: {} },
  ...Array.from({ length: 200 }, (_, n) => ({ key: `k${n}`, value: Buffer.alloc(n * 5, n) })),
];

function encodeOne(records: readonly BatchRecord[], baseOffset = 0, change = origin): Buffer {
  const [plan, ...rest] = planBatches(records, 16 * 1024 * 1024);
  if (plan === undefined || rest.length > 0) throw new Error('Expected one batch.');
  const batch = encodeBatch(plan, change);
  batch.writeUInt32BE(baseOffset, 4);
  return batch;
}

function kafkajsEncode(
  records: readonly BatchRecord[],
  compression = 0,
): Promise<{ buffer: Buffer }> {
  return RecordBatch({
    compression,
    records: records.map((record, offsetDelta) =>
      Record({ headers: {}, ...record, offsetDelta, timestampDelta: 0 }),
    ),
    firstTimestamp: TIME,
    maxTimestamp: TIME,
    producerId: origin.producerId,
    producerEpoch: origin.epoch,
    firstSequence: origin.firstSequence,
    transactional: true,
    lastOffsetDelta: records.length - 1,
  });
}

/** Another codec's bits and body, with length and checksum made good. */
function recompressed(batch: Buffer, codec: number, compress: (body: Buffer) => Buffer): Buffer {
  const body = compress(batch.subarray(61));
  const changed = Buffer.concat([batch.subarray(0, 61), body]);
  changed.writeInt32BE(changed.length - 12, 8);
  changed.writeInt16BE(changed.readInt16BE(21) | codec, 21);
  return sealed(changed);
}

function sealed(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32c(batch, 21, batch.length), 17);
  return batch;
}

/** A control batch with one marker: type 0 aborts, 1 commits. */
function marker(baseOffset: number, type: 0 | 1, producerId = origin.producerId): Buffer {
  const key = Buffer.from([0, 0, 0, type]);
  const value = Buffer.alloc(6);
  const batch = encodeOne([{ key, value }], baseOffset, { ...origin, producerId });
  batch.writeInt16BE(0x30, 21);
  return sealed(batch);
}

describe('an encoded batch', () => {
  test('is byte for byte what kafkajs writes', async () => {
    expect(encodeOne(samples).equals((await kafkajsEncode(samples)).buffer)).toBe(true);
  });

  test('is read back by kafkajs', async () => {
    const { records } = await kafkajsDecode(new Decoder(encodeOne(samples)));
    expect(records.map(({ value }) => value)).toEqual(samples.map(({ value }) => value));
    expect(records.map(({ offset }) => Number(offset))).toEqual(samples.map((_, index) => index));
  });

  test('stays within the limit of bytes, and the batches keep the order', () => {
    const plans = planBatches(samples, 5_000);
    expect(plans.length).toBeGreaterThan(10);
    expect(plans.flatMap((plan) => plan.records)).toEqual(samples);
    for (const plan of plans) {
      expect(plan.bytes).toBeLessThanOrEqual(5_000);
      expect(encodeBatch(plan, origin).length).toBe(plan.bytes);
    }
  });

  test('refuses a record that no batch can hold', () => {
    expect(() => planBatches([{ key: null, value: Buffer.alloc(1_000) }], 1_000)).toThrow(
      /Expected records below 1000 bytes/,
    );
  });
});

describe('sequence numbers', () => {
  test('wrap from the largest int32 to zero', () => {
    expect(sequenceAfter(2_147_483_645, 2)).toBe(2_147_483_647);
    expect(sequenceAfter(2_147_483_647, 1)).toBe(0);
    expect(sequenceAfter(2_147_483_640, 10)).toBe(2);
  });
});

describe('a decoded record set', () => {
  const textOf = (
    set: Buffer,
    from = 0,
    aborted: { producerId: number; firstOffset: number }[] = [],
  ) =>
    decodeRecords(set, from, aborted).records.map(
      ({ offset, value }) => `${offset}:${String(value)}`,
    );
  const one = (text: string, offset: number, producerId = origin.producerId): Buffer =>
    encodeOne([{ key: null, value: Buffer.from(text) }], offset, { ...origin, producerId });

  test('gives back keys, values, headers, offsets and times', () => {
    const { records, nextOffset } = decodeRecords(encodeOne(samples, 1_000), 1_000, []);
    expect(nextOffset).toBe(1_000 + samples.length);
    records.forEach((record, index) => {
      const sample = samples[index];
      const key = typeof sample?.key === 'string' ? Buffer.from(sample.key) : sample?.key;
      expect(record.key).toEqual(key);
      expect(record.value).toEqual(sample?.value);
      expect(record.offset).toBe(1_000 + index);
      expect(record.timestamp).toBe(TIME);
    });
    expect(records[3]?.headers).toEqual({ origin: Buffer.from('tést'), raw: Buffer.from([1, 2]) });
  });

  test('of gzip and zstd holds the same records', async () => {
    const plain = decodeRecords(encodeOne(samples), 0, []);
    const gzip = (await kafkajsEncode(samples, 1)).buffer;
    const zstd = recompressed(encodeOne(samples), 4, (body) => zlib.zstdCompressSync(body));
    expect(decodeRecords(gzip, 0, [])).toEqual(plain);
    expect(decodeRecords(zstd, 0, [])).toEqual(plain);
  });

  test.each([
    [2, 'snappy'],
    [3, 'lz4'],
  ])('of codec %i is refused as %s', (codec, name) => {
    const set = recompressed(encodeOne(samples), codec, (body) => body);
    expect(() => decodeRecords(set, 0, [])).toThrow(
      expect.objectContaining({
        code: 'KAFKA_UNSUPPORTED',
        message: expect.stringContaining(name),
      }),
    );
  });

  test('with one wrong bit is refused', () => {
    const set = encodeOne(samples);
    set[200] = (set[200] ?? 0) ^ 1;
    expect(() => decodeRecords(set, 0, [])).toThrow(/checksum/);
  });

  test('leaves a batch that is cut off to the next fetch', () => {
    const set = Buffer.concat([one('a', 5), one('b', 6).subarray(0, 65)]);
    expect(textOf(set)).toEqual(['5:a']);
    expect(decodeRecords(set, 5, []).nextOffset).toBe(6);
    expect(offsetAfter(set, 5)).toBe(6);
  });

  test('leaves out records before the offset asked for', () => {
    const set = encodeOne(
      [1, 2, 3].map((n) => ({ key: null, value: Buffer.from(`${n}`) })),
      10,
    );
    expect(textOf(set, 11)).toEqual(['11:2', '12:3']);
  });

  test('leaves out control records but counts them', () => {
    const set = Buffer.concat([one('a', 0), marker(1, 1)]);
    expect(textOf(set)).toEqual(['0:a']);
    expect(decodeRecords(set, 0, []).nextOffset).toBe(2);
  });

  test('leaves out aborted records of that producer until its abort marker, and no others', () => {
    const set = Buffer.concat([
      one('gone', 0),
      one('other', 1, 99),
      one('gone too', 2),
      marker(3, 0),
      one('kept', 4),
      marker(5, 1),
    ]);
    expect(textOf(set, 0, [{ producerId: origin.producerId, firstOffset: 0 }])).toEqual([
      '1:other',
      '4:kept',
    ]);
  });

  test('takes two aborted transactions in any order', () => {
    const set = Buffer.concat([
      one('x', 0),
      one('y', 1, 99),
      marker(2, 0, 99),
      marker(3, 0),
      one('z', 4, 99),
    ]);
    const aborted = [
      { producerId: 99, firstOffset: 1 },
      { producerId: origin.producerId, firstOffset: 0 },
    ];
    expect(textOf(set, 0, aborted)).toEqual(['4:z']);
  });

  test('keeps a data record whose key looks like an abort marker', () => {
    const key = Buffer.from([0, 0, 0, 0]);
    const set = Buffer.concat([
      encodeOne([{ key, value: Buffer.from('gone') }], 0),
      one('gone too', 1),
      marker(2, 0),
    ]);
    expect(textOf(set, 0, [{ producerId: origin.producerId, firstOffset: 0 }])).toEqual([]);
  });

  test('with nothing but aborted and control records still moves the next offset', () => {
    const set = Buffer.concat([one('gone', 0), marker(1, 0)]);
    const decoded = decodeRecords(set, 0, [{ producerId: origin.producerId, firstOffset: 0 }]);
    expect(decoded).toEqual({ records: [], nextOffset: 2 });
    expect(offsetAfter(set, 0)).toBe(2);
  });
});
