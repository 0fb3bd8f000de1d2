import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { crashIngestor, createBus, type Bus } from './ingestor-crash.ts';

const seed = process.env['FAULTS_SEED'] ?? `seed-${Date.now().toString(36)}`;

describe(`ingestors killed, frozen and joined in mid-traffic (FAULTS_SEED=${seed})`, () => {
  let bus: Bus;

  beforeAll(async () => {
    bus = await createBus('crash_ingestor');
  }, 120_000);
  afterAll(async () => {
    await bus.close();
  }, 60_000);

  test('put each message of the bus on the log exactly once', async () => {
    const figures = await crashIngestor(bus, 5_000, {
      seed,
      records: 24_000,
      recordsPerSecond: 500,
      kills: 5,
      freezes: 1,
      visits: 1,
    });
    process.stderr.write(`Crash test of the ingestor: ${JSON.stringify(figures)}\n`);
    expect(figures.kills).toBe(5);
    expect(figures.onLog).toBeGreaterThan(5_000);
  }, 240_000);
});
