import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hangOf, outageOf, useOwnServers, type OwnServers } from '../faults/own-servers.ts';
import { createSpineLog, projectors, type SpineLog } from '../faults/spine.ts';
import { crashSpine } from '../faults/spine-crash.ts';

const seed = process.env['FAULTS_SEED'] ?? `seed-${Date.now().toString(36)}`;

describe(`broker and Postgres killed again and again in mid-traffic (FAULTS_SEED=${seed})`, () => {
  let servers: OwnServers;
  let log: SpineLog;

  beforeAll(async () => {
    servers = await useOwnServers('faults-stack');
    log = await createSpineLog('servers_full');
  }, 180_000);
  afterAll(async () => {
    await log.close();
    await servers.close();
  }, 120_000);

  test('come back to the tables and topics of an undisturbed run, one report a fill', async () => {
    const broker = outageOf(servers, 'kafka', 1_000);
    const postgres = outageOf(servers, 'postgres', 1_000);
    const figures = await crashSpine(log, projectors, {
      seed,
      records: 60_000,
      recordsPerSecond: 300,
      kills: 4,
      freezes: 1,
      visits: 1,
      blows: [
        broker,
        broker,
        broker,
        broker,
        postgres,
        postgres,
        postgres,
        postgres,
        hangOf(servers, 'kafka', 8_000),
      ],
    });
    process.stderr.write(`Servers away: ${JSON.stringify(figures)}\n`);
    expect(figures.blows).toBe(9);
    expect(figures.events).toBeGreaterThanOrEqual(60_000);
  }, 1_500_000);
});
