import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestLog, type TestLog } from '../e2e/log.ts';
import { outageOf, useOwnServers, type OwnServers } from './own-servers.ts';
import { crashProjector, projectorId } from './projector-crash.ts';

const seed = process.env['FAULTS_SEED'] ?? `seed-${Date.now().toString(36)}`;

describe(`broker and Postgres killed in mid-traffic (FAULTS_SEED=${seed})`, () => {
  let servers: OwnServers;
  let log: TestLog;

  beforeAll(async () => {
    servers = await useOwnServers('faults-stack');
    log = await createTestLog('servers', [projectorId]);
  }, 180_000);
  afterAll(async () => {
    await log.close();
    await servers.close();
  }, 120_000);

  test('come back to the ledger of an undisturbed run and one report a fill', async () => {
    const figures = await crashProjector(log, {
      seed,
      records: 8_000,
      recordsPerSecond: 250,
      kills: 1,
      freezes: 0,
      visits: 0,
      blows: [outageOf(servers, 'kafka', 500), outageOf(servers, 'postgres', 500)],
    });
    process.stderr.write(`Servers away: ${JSON.stringify(figures)}\n`);
    expect(figures.blows).toBe(2);
    expect(figures.reports).toBe(8_000);
  }, 240_000);
});
