import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { start } from '@polytraders/runtime';
import { generateLogFills } from '@polytraders/testkit/generator';
import { createTestLog, until, type TestLog } from '../log.ts';
import { tradedVolume } from './processor.ts';

describe('a new projection is one value and one SQL file', () => {
  let log: TestLog;

  beforeAll(async () => {
    log = await createTestLog('toy');
  }, 120_000);
  afterAll(async () => {
    await log.close();
  }, 60_000);

  test(
    'traded volume per token equals the sum of the fills, and a restart counts ' + 'nothing twice',
    async () => {
      const fills = [...generateLogFills({ seed: 'toy', count: 20_000, books: 720 })];
      await log.append(fills.slice(0, 12_000));
      const first = await start(tradedVolume, log.config());
      await until('12,000 fills are folded', () => folded(first) === 12_000);
      await first.stop();
      const second = await start(tradedVolume, log.config());
      await log.append(fills.slice(12_000));
      await until('20,000 fills are folded', () => folded(second) === 20_000);
      await second.stop();
      const expected = new Map<string, bigint>();
      for (const fill of fills)
        expected.set(fill.token_id, (expected.get(fill.token_id) ?? 0n) + fill.size_pusd);
      const client = new pg.Client({ connectionString: log.databaseUrl });
      await client.connect();
      const rows = await client.query<{ token_id: string; micros: string }>(
        'SELECT token_id, (volume_pusd * 1000000)::bigint::text AS micros FROM ' +
          'volume_v1.token_volume',
      );
      await client.end();
      expect(new Map(rows.rows.map((row) => [row.token_id, BigInt(row.micros)]))).toEqual(expected);
    },
    120_000,
  );
});

function folded(running: {
  readonly worker: { readonly state: () => readonly { readonly committed: number }[] };
}): number {
  return running.worker.state().reduce((sum, state) => sum + state.committed, 0);
}
