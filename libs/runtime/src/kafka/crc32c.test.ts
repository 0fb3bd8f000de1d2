import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import { crc32c } from './crc32c.ts';

const theirs = createRequire(import.meta.url)('kafkajs/src/protocol/recordBatch/crc32C') as (
  buffer: Buffer,
) => number;

describe('crc32c', () => {
  test('gives the check value of the standard', () => {
    expect(crc32c(Buffer.from('123456789'), 0, 9)).toBe(0xe3069283);
  });

  test('agrees with a byte-by-byte implementation at every length and position', () => {
    const bytes = Buffer.from(Array.from({ length: 100 }, (_, index) => (index * 197 + 13) & 0xff));
    for (let start = 0; start < 9; start += 1) {
      for (let end = start; end <= bytes.length; end += 1) {
        expect(crc32c(bytes, start, end)).toBe(theirs(bytes.subarray(start, end)));
      }
    }
  });
});
