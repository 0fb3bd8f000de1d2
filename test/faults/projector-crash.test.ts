import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestLog, type TestLog } from '../e2e/log.ts';
import { crashProjector, projectorId } from './projector-crash.ts';

const seed = process.env['FAULTS_SEED'] ?? `seed-${Date.now().toString(36)}`;

describe(`workers killed, frozen and joined by others in mid-traffic (FAULTS_SEED=${seed})`, () => {
  let log: TestLog;

  beforeAll(async () => {
    log = await createTestLog('crash', [projectorId]);
  }, 120_000);
  afterAll(async () => {
    await log.close();
  }, 60_000);

  test('leave the ledger of an undisturbed run and one report a fill', async () => {
    const figures = await crashProjector(log, {
      seed,
      records: 20_000,
      recordsPerSecond: 420,
      kills: 5,
      freezes: 1,
      visits: 1,
    });
    process.stderr.write(`Crash test of the projector: ${JSON.stringify(figures)}\n`);
    expect(figures.kills).toBe(5);
    expect(figures.reports).toBe(20_000);
  }, 240_000);
});
