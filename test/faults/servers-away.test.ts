import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { outageOf, useOwnServers, type OwnServers } from './own-servers.ts';
import { createSpineLog, projectors, type SpineLog } from './spine.ts';
import { crashSpine } from './spine-crash.ts';

const seed = process.env['FAULTS_SEED'] ?? `seed-${Date.now().toString(36)}`;

describe(`broker and Postgres killed in mid-traffic (FAULTS_SEED=${seed})`, () => {
  let servers: OwnServers;
  let log: SpineLog;

  beforeAll(async () => {
    servers = await useOwnServers('faults-stack');
    log = await createSpineLog('servers');
  }, 180_000);
  afterAll(async () => {
    await log.close();
    await servers.close();
  }, 120_000);

  test('come back to the tables and topics of an undisturbed run, one report a fill', async () => {
    const figures = await crashSpine(log, projectors, {
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
    expect(figures.events).toBeGreaterThanOrEqual(8_000);
  }, 480_000);
});
