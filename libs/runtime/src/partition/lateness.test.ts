import { describe, expect, test } from '@jest/globals';
import { createLateness, type Lateness, type Place, unknownEnd } from './lateness.ts';

/** Looks each second from `from` on; `at` says where the partition is at each of them. */
function watch(lateness: Lateness, from: number, to: number, at: (second: number) => Place | null) {
  for (let second = from; second <= to; second += 1) {
    const place = at(second);
    lateness.look(place === null ? [] : [place], second * 1000);
  }
  return lateness.behindForMs(3, to * 1000) / 1000;
}

const place = (done: number, end: number, firstWrittenAt: number | null = null): Place => {
  return { partition: 3, done, end, firstWrittenAt };
};

describe('a partition', () => {
  test('at the end of its input is not late, however long nothing comes', () => {
    expect(watch(createLateness(), 0, 500, () => place(40, 40))).toBe(0);
  });

  test('that stands still is late since its first record that is not through', () => {
    const lateness = createLateness();
    expect(watch(lateness, 0, 9, () => place(40, 40))).toBe(0);
    expect(watch(lateness, 10, 95, (second) => place(40, 31 + second))).toBe(85);
  });

  test('through which traffic flows without end is as late as its records are, never more', () => {
    const lateness = createLateness();
    expect(watch(lateness, 0, 3_000, (second) => place(second * 10 - 20, second * 10))).toBe(1);
  });

  test('that is a hundred seconds behind in steady traffic stays so, without a pause', () => {
    const lateness = createLateness();
    watch(lateness, 0, 400, (second) => place(Math.max(0, second - 100) * 10, second * 10 + 10));
    for (let second = 401; second < 1_000; second += 1) {
      const late = watch(lateness, second, second, () => {
        return place((second - 100) * 10, second * 10 + 10);
      });
      expect(late).toBeGreaterThan(90);
      expect(late).toBeLessThanOrEqual(101);
    }
  });

  test('that gets through is not late any more, at once', () => {
    const lateness = createLateness();
    watch(lateness, 0, 100, () => place(0, 1_000));
    expect(watch(lateness, 101, 101, () => place(999, 1_000))).toBe(101);
    expect(watch(lateness, 102, 102, () => place(1_000, 1_000))).toBe(0);
  });

  test('that is not acquired is late since the assignment, also once its end is known', () => {
    const lateness = createLateness();
    expect(watch(lateness, 0, 70, () => place(0, unknownEnd))).toBe(70);
    expect(watch(lateness, 71, 80, () => place(500, 900))).toBe(80);
    expect(watch(lateness, 81, 81, () => place(900, 900))).toBe(0);
  });

  test('that comes to us behind is late since its first record was written', () => {
    const lateness = createLateness();
    watch(lateness, 1_000, 1_001, () => place(0, unknownEnd));
    watch(lateness, 1_002, 1_003, () => place(500, 900));
    const written = 100_000;
    expect(watch(lateness, 1_004, 1_010, () => place(600, 900, written))).toBe(910);
    expect(watch(lateness, 1_011, 1_020, () => place(900, 950, written))).toBe(9);
    expect(watch(lateness, 1_021, 1_021, () => place(950, 950, written))).toBe(0);
  });

  test('that comes to us with nothing to do is late by what comes then, not by its first', () => {
    const lateness = createLateness();
    watch(lateness, 0, 3, () => place(40, 40));
    expect(watch(lateness, 4, 10, () => place(40, 60, -1_000_000))).toBe(6);
  });

  test('that was acquired with nothing to do is not late', () => {
    const lateness = createLateness();
    watch(lateness, 0, 3, () => place(0, unknownEnd));
    expect(watch(lateness, 4, 4, () => place(500, 500))).toBe(0);
  });

  test('that is lost and acquired again and again gets later all the while', () => {
    const lateness = createLateness();
    const late = watch(lateness, 0, 90, (second) => {
      return second % 2 === 0 ? place(10, 50) : place(0, unknownEnd);
    });
    expect(late).toBe(90);
  });

  test('that went to somebody else is forgotten', () => {
    const lateness = createLateness();
    watch(lateness, 0, 90, () => place(0, 50));
    expect(watch(lateness, 91, 91, () => null)).toBe(0);
    expect(watch(lateness, 92, 92, () => place(0, 50))).toBe(0);
  });
});
