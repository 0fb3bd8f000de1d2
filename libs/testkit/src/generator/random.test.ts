import { describe, expect, test } from '@jest/globals';
import { randomOf } from './random.ts';

describe('the seeded source of chance', () => {
  test('gives the same numbers for a seed, for ever', () => {
    const random = randomOf('1');
    expect([random.bits(), random.bits(), random.bits()]).toEqual([
      1_322_085_210, 3_448_142_222, 3_302_266_490,
    ]);
    expect(random.hex(5)).toBe('0x03de69faaa');
  });

  test('gives unrelated numbers for near seeds', () => {
    const [left, right] = [randomOf('1'), randomOf('2')];
    const equal = Array.from({ length: 1_000 }, () => left.bits() === right.bits()).filter(Boolean);
    expect(equal).toHaveLength(0);
  });

  test('reaches both ends of a range and nothing beyond', () => {
    const random = randomOf('ends');
    const drawn = new Set(Array.from({ length: 200 }, () => random.between(-1, 2)));
    expect([...drawn].sort()).toEqual([-1, 0, 1, 2]);
  });

  test('favours no number of a range', () => {
    const random = randomOf('even');
    const counts = [0, 0, 0, 0, 0, 0];
    for (let draw = 0; draw < 60_000; draw++) {
      const face = random.between(0, 5);
      counts[face] = (counts[face] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });
});
