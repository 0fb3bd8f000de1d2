/**
 * What a crash test puts on the log: lives of orders with movements and resolutions among them,
 * claims of the jobs that come of them, windows that are closed and compared with a chain, and
 * what a real log has too: the same fill again, the same id with other content, bytes that do not
 * decode. The same seed gives the same records; which fills must be reported is worked out here,
 * without the services' code.
 */

import { LEDGER_PARTITIONS, partitionOf, TOPICS, type FillConfirmed } from '@polytraders/contracts';
import { type OutputRecord } from '@polytraders/runtime';
import {
  generateLogLives,
  type LogEvent,
  randomOf,
  windowDeskOf,
} from '@polytraders/testkit/generator';
import { createExecutors } from './executors.ts';
import { type SpineLog } from './spine.ts';

const markets = 24;
const remembered = 500;
/** One record in so many is followed by a word about windows or reviewed fills. */
const windowsEvery = 150;

export type Traffic = {
  /** The next so many records; fewer at the end. */
  readonly next: (count: number) => readonly OutputRecord[];
  readonly appended: () => number;
  /** Ids of the fills that must be reported, in the order of the log, by report key. */
  readonly expected: ReadonlyMap<string, readonly string[]>;
  readonly expectedReports: () => number;
  /** Records appended, by type of event. */
  readonly types: ReadonlyMap<string, number>;
};

/** Events of a seed; one record in 400 is a duplicate, in 2,000 a conflict, in 4,000 poison. */
export function createTraffic(log: SpineLog, seed: string, events: number): Traffic {
  const source = generateLogLives({ seed, events, markets });
  const random = randomOf(`${seed}|traffic`);
  const expected = new Map<string, string[]>();
  const types = new Map<string, number>();
  const recent: LogEvent[] = [];
  const executors = createExecutors(randomOf(`${seed}|executors`));
  const windows = windowDeskOf(randomOf(`${seed}|windows`), windowsEvery);
  const waiting: LogEvent[] = [];
  const ends = new Array<number>(LEDGER_PARTITIONS).fill(0);
  let appended = 0;
  let reports = 0;

  function record({ partition, key }: LogEvent, value: Buffer): OutputRecord {
    return { topic: log.prefix + TOPICS.ledgerEvents.name, partition, key, value };
  }

  function disturbance(): OutputRecord | null {
    if (recent.length === 0) return null;
    const one = random.pick(recent);
    const fill = one.event.value as FillConfirmed;
    if (random.chance(1, 400)) return record(one, log.encode('FillConfirmed', fill));
    if (random.chance(1, 2_000)) {
      const other = { ...fill, quantity_shares: fill.quantity_shares + 1n };
      return record(one, log.encode('FillConfirmed', other));
    }
    if (random.chance(1, 4_000)) return record(one, Buffer.from(random.hex(9)));
    return null;
  }

  function one(): OutputRecord | null {
    const odd = disturbance();
    if (odd !== null) return odd;
    const said = executors.says();
    if (said !== null) {
      const { event, account: key } = said;
      return told({ event, key, partition: partitionOf(key, LEDGER_PARTITIONS) });
    }
    // Partitions see a market-wide record at different moments; its copies are never overtaken.
    if (waiting.length === 0) waiting.push(...windows.says());
    const word = random.chance(2, 3) ? waiting.shift() : undefined;
    if (word !== undefined) return told(word);
    const { value: next, done } = source.next();
    if (done !== true) return told(next);
    const last = waiting.shift();
    return last === undefined ? null : told(last);
  }

  function told(next: LogEvent): OutputRecord {
    const { event, partition } = next;
    types.set(event.type, (types.get(event.type) ?? 0) + 1);
    if (event.type === 'FillConfirmed') note(next, event.value);
    if (event.type === 'FillReleased') expect(event.value);
    executors.see(event, partition, ends[partition] ?? 0);
    windows.see(event, partition, ends[partition] ?? 0);
    return record(next, log.encode(event.type, event.value));
  }

  /** Each confirmed fill has one report, but those whose fee nobody said: once it is released. */
  function note(next: LogEvent, fill: FillConfirmed): void {
    recent.push(next);
    if (recent.length > remembered) recent.shift();
    if (fill.fee_bps !== null) expect(fill);
  }

  function expect({ account, fill_id: id }: Pick<FillConfirmed, 'account' | 'fill_id'>): void {
    const ids = expected.get(account);
    if (ids === undefined) expected.set(account, [id]);
    else ids.push(id);
    reports += 1;
  }

  return {
    next: (count) => {
      const records: OutputRecord[] = [];
      while (records.length < count) {
        const made = one();
        if (made === null) break;
        ends[made.partition] = (ends[made.partition] ?? 0) + 1;
        records.push(made);
      }
      appended += records.length;
      return records;
    },
    appended: () => appended,
    expected,
    types,
    expectedReports: () => reports,
  };
}
