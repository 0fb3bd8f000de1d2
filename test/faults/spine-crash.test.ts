import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WINDOW_TYPES } from '@polytraders/testkit/generator';
import { createSpineLog, projectors, type SpineLog } from './spine.ts';
import { crashSpine } from './spine-crash.ts';

const seed = process.env['FAULTS_SEED'] ?? `seed-${Date.now().toString(36)}`;

describe(`projectors killed, frozen, joined by others in mid-traffic (FAULTS_SEED=${seed})`, () => {
  let log: SpineLog;

  beforeAll(async () => {
    log = await createSpineLog('crash');
  }, 120_000);
  afterAll(async () => {
    await log.close();
  }, 60_000);

  test('leave the tables and topics of an undisturbed run, and one report a fill', async () => {
    const figures = await crashSpine(log, projectors, {
      seed,
      records: 20_000,
      recordsPerSecond: 420,
      kills: 5,
      freezes: 1,
      visits: 1,
    });
    process.stderr.write(`Crash test of the spine: ${JSON.stringify(figures)}\n`);
    expect(figures.kills).toBe(5);
    expect(figures.events).toBeGreaterThanOrEqual(20_000);
    expect(figures.types['MarketResolved']).toBeGreaterThanOrEqual(12);
    for (const type of WINDOW_TYPES) expect(figures.types[type] ?? 0).toBeGreaterThan(0);
    expect(figures.windows.revisions).toBeGreaterThan(figures.windows.windows);
    expect(Object.entries(figures.published).filter(([, count]) => count === 0)).toEqual([]);
  }, 480_000);
});
