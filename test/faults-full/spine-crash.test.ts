import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WINDOW_TYPES } from '@polytraders/testkit/generator';
import { createSpineLog, projectors, type SpineLog } from '../faults/spine.ts';
import { crashSpine } from '../faults/spine-crash.ts';

const seed = process.env['FAULTS_SEED'] ?? `seed-${Date.now().toString(36)}`;

describe(`200,000 events, projectors killed 36 times in mid-traffic (FAULTS_SEED=${seed})`, () => {
  let log: SpineLog;

  beforeAll(async () => {
    log = await createSpineLog('crash_full');
  }, 120_000);
  afterAll(async () => {
    await log.close();
  }, 60_000);

  test('leave the tables and topics of an undisturbed run, and one report a fill', async () => {
    const figures = await crashSpine(log, projectors, {
      seed,
      records: 200_000,
      recordsPerSecond: 500,
      kills: 36,
      freezes: 4,
      visits: 4,
    });
    process.stderr.write(`Crash test of the spine: ${JSON.stringify(figures)}\n`);
    expect(figures.kills).toBeGreaterThanOrEqual(30);
    expect(figures.events).toBeGreaterThanOrEqual(200_000);
    for (const type of WINDOW_TYPES) expect(figures.types[type] ?? 0).toBeGreaterThan(0);
    expect(figures.windows.revisions).toBeGreaterThan(figures.windows.windows);
    expect(Object.entries(figures.published).filter(([, count]) => count === 0)).toEqual([]);
  }, 2_400_000);
});
