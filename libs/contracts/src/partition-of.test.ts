import { createRequire } from 'node:module';

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { murmur2, partitionOf } from './partition-of.ts';

/** kafkajs is not a dependency of this package at run time: here it is the other opinion. */
const kafkajsMurmur2 = createRequire(import.meta.url)(
  'kafkajs/src/producer/partitioners/default/murmur2.js',
) as (key: Buffer) => number;

describe('murmur2', () => {
  // The vectors of Apache Kafka's own UtilsTest.
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('%s has the hash of the Java client', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash);
  });

  test('any key has the hash that kafkajs gives it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (key) => {
        expect(murmur2(Buffer.from(key))).toBe(kafkajsMurmur2(Buffer.from(key)));
      }),
    );
  });
});

test('an account keeps its partition for ever', () => {
  expect(partitionOf('0x5f0c2d1e3b4a59687786a5b4c3d2e1f00f1e2d3c', 12)).toBe(4);
});
