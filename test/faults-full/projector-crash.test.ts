import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestLog, type TestLog } from '../e2e/log.ts';
import { crashProjector, projectorId } from '../faults/projector-crash.ts';

const seed = process.env['FAULTS_SEED'] ?? `seed-${Date.now().toString(36)}`;

describe(`200,000 fills, workers killed 32 times in mid-traffic (FAULTS_SEED=${seed})`, () => {
  let log: TestLog;

  beforeAll(async () => {
    log = await createTestLog('crash_full', [projectorId]);
  }, 120_000);
  afterAll(async () => {
    await log.close();
  }, 60_000);

  test('leave the ledger of an undisturbed run and one report a fill', async () => {
    const figures = await crashProjector(log, {
      seed,
      records: 200_000,
      recordsPerSecond: 500,
      kills: 32,
      freezes: 4,
      visits: 4,
    });
    process.stderr.write(`Crash test of the projector: ${JSON.stringify(figures)}\n`);
    expect(figures.kills).toBeGreaterThanOrEqual(30);
    expect(figures.reports).toBe(200_000);
  }, 1_500_000);
});
