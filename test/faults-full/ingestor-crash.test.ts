import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { crashIngestor, createBus, type Bus } from '../faults/ingestor-crash.ts';

const seed = process.env['FAULTS_SEED'] ?? `seed-${Date.now().toString(36)}`;

describe(`200,000 reports, ingestors killed 32 times in mid-traffic (FAULTS_SEED=${seed})`, () => {
  let bus: Bus;

  beforeAll(async () => {
    bus = await createBus('crash_ingestor_full');
  }, 120_000);
  afterAll(async () => {
    await bus.close();
  }, 60_000);

  test('put each message of the bus on the log exactly once', async () => {
    const figures = await crashIngestor(bus, 52_000, {
      seed,
      records: 250_000,
      recordsPerSecond: 550,
      kills: 32,
      freezes: 4,
      visits: 4,
    });
    process.stderr.write(`Crash test of the ingestor: ${JSON.stringify(figures)}\n`);
    expect(figures.kills).toBeGreaterThanOrEqual(30);
    expect(figures.onLog).toBeGreaterThan(200_000);
  }, 1_500_000);
});
