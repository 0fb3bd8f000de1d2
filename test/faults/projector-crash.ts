/**
 * The crash test of the projector: two workers under throttled traffic, one after another killed,
 * frozen or joined by a third, at moments that a seed decides. Afterwards everything that was
 * written equals what one undisturbed worker writes, byte for byte, and each fill has exactly one
 * report, in order. One body for the size of `npm test` and for that of `npm run test:faults`.
 */

import { join } from 'node:path';
import { repositoryRoot } from '@polytraders/infra/stack';
import { freshDatabase } from '@polytraders/testkit';
import { randomOf, type Random } from '@polytraders/testkit/generator';
import pg from 'pg';
import { ledgerTopic, until, type TestLog } from '../e2e/log.ts';
import { disturb, type CrashPlan } from './campaign.ts';
import { createCrew, type CrewTally } from './crew.ts';
import { readPublished, settlementReports, wrongs } from './published.ts';
import { differences, projectorDumps, snapshot } from './snapshot.ts';
import { createTraffic } from './traffic.ts';
import { type Service } from './worker-process.ts';

export const projectorId = 'pnl-projector';
const partitions = 12;
const workers = 2;
const sessionTimeoutMs = 6_000;
const complaintsMax = 20;

export type CrashFigures = CrewTally & {
  readonly seed: string;
  readonly records: number;
  readonly reports: number;
  readonly blows: number;
  readonly trafficSeconds: number;
  readonly settleSeconds: number;
};

/** Runs the plan, and throws sentences on whatever differs. The log must be empty before. */
export async function crashProjector(log: TestLog, plan: CrashPlan): Promise<CrashFigures> {
  const random = randomOf(`${plan.seed}|crash`);
  const traffic = createTraffic(log, plan.seed, plan.records);
  const folder = join(repositoryRoot, '.local/faults', log.prefix);
  const service: Service = {
    main: `services/${projectorId}/src/main.ts`,
    env: { ...log.env, LOG_LEVEL: 'info', SESSION_TIMEOUT_MS: String(sessionTimeoutMs) },
    logs: folder,
  };
  const crew = createCrew(service, workers, random);
  const began = performance.now();
  let appendedAt = began;
  try {
    await disturb(plan, crew, { ...traffic, send: log.appendRaw }, random);
    appendedAt = performance.now();
    await until('all records are folded and published', () => isComplete(log), 180_000);
  } finally {
    await crew.stop();
  }
  const settled = performance.now();
  const published = await readPublished(log, settlementReports);
  const complaints = [
    ...crew.tally().halted.map((line) => `A partition halted: ${line.message ?? ''}`),
    ...wrongs(published, traffic.expected),
    ...(await compareWithUndisturbed(log, service, folder, random)),
  ];
  if (complaints.length > 0) {
    const said = complaints.slice(0, complaintsMax).join('\n');
    throw new Error(`Seed ${plan.seed}, logs in ${folder}:\n${said}`);
  }
  return {
    ...crew.tally(),
    seed: plan.seed,
    blows: plan.blows?.length ?? 0,
    records: traffic.appended(),
    reports: published.records,
    trafficSeconds: Math.round((appendedAt - began) / 1000),
    settleSeconds: Math.round((settled - appendedAt) / 1000),
  };
}

/** Every record of the log is folded, and the progress of the output has passed the last report. */
async function isComplete(log: TestLog): Promise<boolean> {
  const folded = await onDatabase(log.databaseUrl, async (client) => {
    const rows = await client.query<{ partition: number; next: string; last: string | null }>(
      'SELECT partition, next_offset AS next, (SELECT max("offset") FROM pnl_v1.pnl_ledger AS l ' +
        'WHERE l.partition = p.partition AND NOT l.quarantined) AS last FROM stream.partition AS p',
    );
    return rows.rows;
  }).catch(() => []);
  if (folded.length < partitions) return false;
  for (const { partition, next, last } of folded) {
    const { high } = await log.kafka.watermarks({ topic: log.prefix + ledgerTopic, partition });
    if (Number(next) < high) return false;
    const topic = `${log.prefix}polytraders.stream.progress.${projectorId}`;
    const record = await log.kafka.lastRecord({ topic, partition });
    const text = record?.value?.toString('utf8') ?? '{"next":0}';
    const progress = JSON.parse(text) as { readonly next: number };
    if (last !== null && progress.next <= Number(last)) return false;
  }
  return true;
}

async function compareWithUndisturbed(
  log: TestLog,
  service: Service,
  folder: string,
  random: Random,
): Promise<readonly string[]> {
  const database = await freshDatabase('undisturbed');
  const alone = createCrew(
    {
      ...service,
      logs: join(folder, 'undisturbed'),
      env: { ...service.env, DATABASE_URL: database.url, PUBLISH: 'no' },
    },
    1,
    random,
  );
  try {
    await until('one worker has folded the whole log', () => isFolded(log, database.url), 180_000);
    await alone.stop();
    const disturbed = await snapshot(log.databaseUrl, projectorDumps, folder);
    const calm = await snapshot(database.url, projectorDumps, join(folder, 'undisturbed'));
    return await differences(disturbed, calm);
  } finally {
    await database.drop();
  }
}

async function isFolded(log: TestLog, url: string): Promise<boolean> {
  const rows = await onDatabase(url, (client) =>
    client.query<{ partition: number; next: string }>(
      'SELECT partition, next_offset AS next FROM stream.partition',
    ),
  ).catch(() => null);
  if (rows === null || rows.rows.length < partitions) return false;
  for (const { partition, next } of rows.rows) {
    const { high } = await log.kafka.watermarks({ topic: log.prefix + ledgerTopic, partition });
    if (Number(next) < high) return false;
  }
  return true;
}

async function onDatabase<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
