import { describe, expect, test } from '@jest/globals';
import { WireReader, WireWriter } from './wire.ts';

function roundTrip<T>(write: (writer: WireWriter) => void, read: (reader: WireReader) => T): T {
  // A buffer of one byte grows with every value.
  const writer = new WireWriter(1);
  write(writer);
  return read(new WireReader(writer.written()));
}

describe('the wire', () => {
  test.each([0, 1, -1, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53 - 1, -(2 ** 53 - 1)])(
    'carries %d as a 64-bit number',
    (value) => {
      const writer = new WireWriter(1).int64(value);
      expect(writer.written().readBigInt64BE(0)).toBe(BigInt(value));
      expect(new WireReader(writer.written()).int64()).toBe(value);
    },
  );

  test.each([0, 1, 127, 128, 16_383, 16_384, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1])(
    'carries %d as an unsigned varint',
    (value) => {
      expect(
        roundTrip(
          (writer) => writer.uvarint(value),
          (reader) => reader.uvarint(),
        ),
      ).toBe(value);
    },
  );

  test('carries strings and nulls, plain and compact', () => {
    const values = ['', 'plain', 'é€😀', 'x'.repeat(300), null];
    const plain = roundTrip(
      (writer) => writer.array(values, (value) => writer.string(value)),
      (reader) => reader.array(() => reader.string()),
    );
    const compact = roundTrip(
      (writer) => writer.compactArray(values, (value) => writer.compactString(value)),
      (reader) => reader.compactArray(() => reader.compactString()),
    );
    expect(plain).toEqual(values);
    expect(compact).toEqual(values);
  });

  test('keeps what was written before the buffer grew', () => {
    const writer = new WireWriter(1).int32(0);
    for (let value = 0; value < 100; value += 1) {
      writer.int8(value).int16(value).int32(value).bytes(Buffer.alloc(value, value));
    }
    const frame = Buffer.concat(writer.framed());
    const reader = new WireReader(frame);
    expect(reader.int32()).toBe(frame.length - 4);
    for (let value = 0; value < 100; value += 1) {
      expect([reader.int8(), reader.int16(), reader.int32()]).toEqual([value, value, value]);
      expect(reader.bytes().equals(Buffer.alloc(value, value))).toBe(true);
    }
  });

  test('takes large bytes as they lie, in their place', () => {
    const large = Buffer.alloc(100_000, 7);
    const writer = new WireWriter(1).int32(0).int8(1).bytes(large).int8(2).bytes(large).int8(3);
    const pieces = writer.framed();
    expect(pieces.filter((piece) => piece === large)).toHaveLength(2);
    const reader = new WireReader(Buffer.concat(pieces));
    expect(reader.int32()).toBe(3 + 2 * (4 + large.length));
    expect(reader.int8()).toBe(1);
    expect(reader.bytes().equals(large)).toBe(true);
    expect(reader.int8()).toBe(2);
    expect(reader.bytes().equals(large)).toBe(true);
    expect(reader.int8()).toBe(3);
    expect(new WireWriter().bytes(large).written()).toHaveLength(4 + large.length);
  });

  test('skips tagged fields that it does not know', () => {
    const tagged = Buffer.from([2, 0, 3, 1, 2, 3, 5, 1, 9, 42]);
    const reader = new WireReader(tagged);
    reader.skipTags();
    expect(reader.int8()).toBe(42);
  });

  test('refuses an answer that ends too early', () => {
    expect(() => new WireReader(Buffer.from([0, 5, 65])).string()).toThrow(/ends too early/);
  });
});
