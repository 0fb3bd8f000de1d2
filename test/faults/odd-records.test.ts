/** Records that a log should not hold, and does: each has one outcome, none stops others. */

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { codec, type FillConfirmed, subjectOf, type TimeAdvanced } from '@polytraders/contracts';
import { processor } from '@polytraders/pnl-projector/processor';
import { framed, start, type Running } from '@polytraders/runtime';
import { createTestLog, ledgerTopic, until, type TestLog } from '../e2e/log.ts';
import { createFills, everywhere, fillRecord, partitions } from './fills.ts';
import { readPublished, settlementReports } from './published.ts';
import { registerSchema, startRegistryProxy } from './registry-proxy.ts';
import { health, ledgerCounts, partitionRows, query, projectorId } from './standing.ts';

const struck = 7;

let log: TestLog;
let take: ReturnType<typeof createFills>;
let running: Running | null = null;
let workers = 0;

beforeEach(async () => {
  log = await createTestLog('odd', [projectorId]);
  take = createFills('odd records');
}, 60_000);

afterEach(async () => {
  await rest();
  await log.close();
}, 60_000);

async function work(env: Readonly<Record<string, string>> = {}): Promise<Running> {
  workers += 1;
  running = await start(processor, log.config({ WORKER_ID: `w${workers}-${log.prefix}`, ...env }));
  return running;
}

async function rest(): Promise<void> {
  await running?.stop();
  running = null;
}

async function foldedTo(partition: number, next: number): Promise<void> {
  await until(`partition ${partition} is folded up to ${next}`, async () =>
    (await partitionRows(log.databaseUrl)).some(
      (row) => row.partition === partition && row.next >= next,
    ),
  );
}

async function outcomes(): Promise<Readonly<Record<string, number>>> {
  const rows = await query<{ name: string; count: string }>(
    log.databaseUrl,
    "SELECT rtrim(outcome || ' ' || because) AS name, sum(count) AS count FROM stream.outcome " +
      'GROUP BY 1 ORDER BY 1',
  );
  return Object.fromEntries(rows.map((row) => [row.name, Number(row.count)]));
}

type Refused = {
  readonly offset: string;
  readonly outcome: string;
  readonly because: string;
  readonly raw: Buffer | null;
};

function refused(): Promise<Refused[]> {
  return query<Refused>(
    log.databaseUrl,
    'SELECT "offset", outcome, because, raw FROM stream.refused ORDER BY partition, "offset"',
  );
}

function changed(fill: FillConfirmed): FillConfirmed {
  return { ...fill, quantity_shares: (fill.quantity_shares + 1n) as typeof fill.quantity_shares };
}

/** Appends one by one, so that places and fetches are known. */
async function append(records: readonly ReturnType<typeof fillRecord>[]): Promise<void> {
  for (const record of records) await log.appendRaw([record]);
}

describe('the same fill id again', () => {
  test('is a duplicate or, with other content, a conflict, also after a restart', async () => {
    const [one, two] = take(struck, 2);
    if (one === undefined || two === undefined) throw new Error('No fills.');
    await work();
    await append([one, two, one, changed(two)].map((fill) => fillRecord(log, fill)));
    await foldedTo(struck, 4);
    await rest();
    await work();
    await append([two, changed(one)].map((fill) => fillRecord(log, fill)));
    await foldedTo(struck, 6);
    expect(await outcomes()).toEqual({ applied: 2, duplicate: 2, conflict: 2 });
    expect((await ledgerCounts(log.databaseUrl)).get(struck)).toBe(2);
    const set = await refused();
    expect(set.map((row) => [row.offset, row.outcome, row.because])).toEqual([
      ['3', 'conflict', two.fill_id],
      ['5', 'conflict', one.fill_id],
    ]);
    expect(set[0]?.raw).toEqual(log.encode('FillConfirmed', changed(two)));
    await rest();
    const published = await readPublished(log, settlementReports);
    expect(published.byGroup.get(one.account)).toEqual([one.fill_id, two.fill_id]);
  }, 120_000);
});

describe('a record that does not decode', () => {
  test('is quarantined with its bytes, and the partition goes on', async () => {
    const [one, two] = take(struck, 2);
    if (one === undefined || two === undefined) throw new Error('No fills.');
    const good = log.encode('FillConfirmed', one);
    const poisons = [
      Buffer.from('{"not":"framed"}'),
      good.subarray(0, good.length - 7),
      good.subarray(0, 4),
      framed(good.readInt32BE(1), Buffer.concat([good.subarray(5), Buffer.from([1, 2, 3])])),
    ];
    await work();
    await append([
      fillRecord(log, one),
      ...poisons.map((bytes) => fillRecord(log, one, bytes)),
      { ...fillRecord(log, one), value: null },
      fillRecord(log, two),
    ]);
    await foldedTo(struck, 7);
    const set = await refused();
    expect(set.map((row) => row.raw)).toEqual([...poisons, null]);
    expect(set.every((row) => row.outcome === 'quarantined')).toBe(true);
    expect(set.every((row) => row.because.startsWith('UNDECODABLE: '))).toBe(true);
    expect(await outcomes()).toEqual({ applied: 2, 'quarantined UNDECODABLE': 5 });
    expect((await ledgerCounts(log.databaseUrl)).get(struck)).toBe(2);
  }, 120_000);
});

describe('a schema id that the registry does not know', () => {
  test('makes its partition wait and say so, until the registry knows it', async () => {
    const registryUrl = log.env['SCHEMA_REGISTRY_URL'] ?? '';
    const proxy = await startRegistryProxy(registryUrl);
    try {
      const id = await registerSchema(
        registryUrl,
        subjectOf('TimeAdvanced'),
        codec.schemaOf('TimeAdvanced'),
      );
      proxy.hide(id);
      const { port } = await work({ SCHEMA_REGISTRY_URL: proxy.url });
      await log.append(everywhere(take, 3));
      const value = framed(id, codec.encode('TimeAdvanced', tick, 0));
      const topic = log.prefix + ledgerTopic;
      await log.appendRaw([{ topic, partition: struck, key: null, value }]);
      await log.append(everywhere(take, 3));
      await until('the other partitions have folded theirs', async () => {
        const rows = await partitionRows(log.databaseUrl);
        return rows.filter((row) => row.next >= 6).length === partitions - 1;
      });
      await until('the registry was asked again and again', () => proxy.denied() >= 2);
      const waiting = await health(port);
      expect(waiting.status).toBe(200);
      expect(waiting.lastOutage).toContain(`Schema id ${id} cannot be resolved`);
      expect((await ledgerCounts(log.databaseUrl)).get(struck) ?? 0).toBeLessThanOrEqual(3);
      proxy.reveal(id);
      await foldedTo(struck, 7);
      expect((await ledgerCounts(log.databaseUrl)).get(struck)).toBe(6);
      expect(await outcomes()).toEqual({ applied: 72, 'ignored time': 1 });
      expect(await refused()).toEqual([]);
    } finally {
      await rest();
      await proxy.close();
    }
  }, 120_000);
});

const tick: TimeAdvanced = {
  event_id: 'evt_tick',
  correlation_id: 'tick',
  causation_id: null,
  producer: 'test',
  effective_at: 1_778_000_000_000_000,
  recorded_at: 1_778_000_000_000_000,
  to: 1_778_000_000_000_000,
};
