/**
 * All services with a role that owns nothing (rule B15): they start together on an empty database,
 * install over the owner, and what one of them puts on the log reaches the books of the others.
 */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect } from '@polytraders/runtime';
import { type Service, startService } from '../../infra/start/services.ts';
import { createSpineLog, type SpineLog } from '../faults/spine.ts';
import { until } from './log.ts';

const role = `t_services_${randomBytes(4).toString('hex')}`;
const names = ['fill-ingestor', 'pnl-projector', 'inventory-reserver', 'settlement-planner'];

let log: SpineLog;
let folder: string;
let services: readonly Service[] = [];

async function asOwner(sql: string): Promise<readonly Record<string, string>[]> {
  const client = await connect({ url: log.databaseUrl, applicationName: 'service-role' });
  try {
    return (await client.query<Record<string, string>>(sql)).rows;
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  log = await createSpineLog('service_role');
  folder = mkdtempSync(join(tmpdir(), 'service-role-'));
  await asOwner(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
  const url = new URL(log.databaseUrl);
  url.username = role;
  url.password = 'secret';
  const env = {
    ...process.env,
    ...log.env,
    DATABASE_URL: url.href,
    DATABASE_OWNER_URL: log.databaseUrl,
    HTTP_PORT: '0',
    LOG_LEVEL: 'info',
  };
  services = names.map((name) => startService(name, env, folder));
  await Promise.all(services.map(({ started }) => started));
}, 180_000);

afterAll(async () => {
  await Promise.all(services.map((service) => service.stop()));
  await asOwner(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await log.close();
  rmSync(folder, { recursive: true, force: true });
}, 120_000);

test('the parameters that the ingestor tells are read by every projection', async () => {
  const projections = names.slice(1);
  await until(
    'all partitions of all projections have passed them',
    async () => {
      const rows = await asOwner(
        `SELECT processor, count(*) FILTER (WHERE next_offset > 0) AS partitions
         FROM stream.partition GROUP BY processor`,
      );
      const passed = new Map(rows.map((row) => [row['processor'], row['partitions']]));
      return projections.every((name) => passed.get(name) === '12');
    },
    90_000,
  );
  expect(await asOwner('SELECT count(*) FROM pnl_v1.parameters')).toEqual([{ count: '12' }]);
}, 120_000);

test('nobody was refused a right, and everything belongs to the owner', async () => {
  // Long enough for a look at levels and the clock's first turns.
  await new Promise((resolve) => setTimeout(resolve, 12_000));
  // The code in its quotes: the digits alone stand in many a timestamp, too.
  const refused = services.flatMap(({ logFile }) =>
    readFileSync(logFile, 'utf8')
      .split('\n')
      .filter((line) => /"42501"|permission denied|must be owner|HALTED/.test(line)),
  );
  expect(refused).toEqual([]);
  const owners = await asOwner(
    `SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'S')
       AND pg_get_userbyid(relowner) = '${role}'`,
  );
  expect(owners).toEqual([{ count: '0' }]);
}, 60_000);
