/**
 * What a crash test puts on the log: fills, and among them what a real log has too: the same fill
 * again, the same id with other content, bytes that do not decode. The same seed gives the same
 * records; what must come of them is worked out here, without the services' code.
 */

import { partitionOf, type FillConfirmed } from '@polytraders/contracts';
import { type OutputRecord } from '@polytraders/runtime';
import { generateLogFills, randomOf } from '@polytraders/testkit/generator';
import { ledgerTopic, type TestLog } from '../e2e/log.ts';

const partitions = 12;
const books = 720;
const remembered = 500;

export type Traffic = {
  /** The next so many records; fewer at the end. */
  readonly next: (count: number) => readonly OutputRecord[];
  readonly appended: () => number;
  /** Ids of the fills that must be reported, in the order of the log, by report key. */
  readonly expected: ReadonlyMap<string, readonly string[]>;
  readonly expectedReports: () => number;
};

/** Fills of a seed; one record in 400 is a duplicate, in 2,000 a conflict, in 4,000 poison. */
export function createTraffic(log: TestLog, seed: string, fills: number): Traffic {
  const source = generateLogFills({ seed, count: fills, books });
  const random = randomOf(`${seed}|traffic`);
  const expected = new Map<string, string[]>();
  const recent: FillConfirmed[] = [];
  let appended = 0;
  let reports = 0;

  function record(fill: FillConfirmed, value: Buffer): OutputRecord {
    const { account } = fill;
    const topic = log.prefix + ledgerTopic;
    return { topic, partition: partitionOf(account, partitions), key: account, value };
  }

  function disturbance(): OutputRecord | null {
    if (recent.length === 0) return null;
    const fill = random.pick(recent);
    if (random.chance(1, 400)) return record(fill, log.encode('FillConfirmed', fill));
    if (random.chance(1, 2_000)) {
      const other = { ...fill, quantity_shares: fill.quantity_shares + 1n };
      return record(fill, log.encode('FillConfirmed', other));
    }
    if (random.chance(1, 4_000)) return record(fill, Buffer.from(random.hex(9)));
    return null;
  }

  function one(): OutputRecord | null {
    const odd = disturbance();
    if (odd !== null) return odd;
    const { value: fill, done } = source.next();
    if (done === true) return null;
    recent.push(fill);
    if (recent.length > remembered) recent.shift();
    const ids = expected.get(fill.account);
    if (ids === undefined) expected.set(fill.account, [fill.fill_id]);
    else ids.push(fill.fill_id);
    reports += 1;
    return record(fill, log.encode('FillConfirmed', fill));
  }

  return {
    next: (count) => {
      const records: OutputRecord[] = [];
      while (records.length < count) {
        const made = one();
        if (made === null) break;
        records.push(made);
      }
      appended += records.length;
      return records;
    },
    appended: () => appended,
    expected,
    expectedReports: () => reports,
  };
}
