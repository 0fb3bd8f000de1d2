/** Fills for tests that put single records at known places: one account for each partition. */

import { partitionOf, type FillConfirmed } from '@polytraders/contracts';
import { type OutputRecord } from '@polytraders/runtime';
import { generateLogFills } from '@polytraders/testkit/generator';
import { ledgerTopic, type TestLog } from '../e2e/log.ts';

export const partitions = 12;

/** Endless fills by partition: `take(3, 5)` gives the next five of partition 3. */
export function createFills(seed: string): (partition: number, count: number) => FillConfirmed[] {
  const source = generateLogFills({ seed, count: 1_000_000, books: 72 });
  const waiting = Array.from({ length: partitions }, (): FillConfirmed[] => []);
  return (partition, count) => {
    const mine = waiting[partition] ?? [];
    while (mine.length < count) {
      const { value, done } = source.next();
      if (done === true) throw new Error('The fills have run out.');
      waiting[partitionOf(value.account, partitions)]?.push(value);
    }
    return mine.splice(0, count);
  };
}

export function fillRecord(log: TestLog, fill: FillConfirmed, value?: Buffer): OutputRecord {
  return {
    topic: log.prefix + ledgerTopic,
    partition: partitionOf(fill.account, partitions),
    key: fill.account,
    value: value ?? log.encode('FillConfirmed', fill),
  };
}

/** So many fills on every partition. */
export function everywhere(
  take: (partition: number, count: number) => FillConfirmed[],
  count: number,
): FillConfirmed[] {
  return Array.from({ length: partitions }, (_, partition) => take(partition, count)).flat();
}
