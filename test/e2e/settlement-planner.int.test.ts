/**
 * The settlement planner on a real broker, registry and Postgres: killed twice in the middle of a
 * log and started again, it publishes each state of each job once and in order, as one that was
 * never stopped; its views say where each job stands.
 */

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decoderOfOwn, type LedgerEvent, type SettlementJob, TOPICS } from '@polytraders/contracts';
import { connect, start } from '@polytraders/runtime';
import { processor } from '@polytraders/settlement-planner/processor';
import { createDriver } from '@polytraders/stream';
import {
  ACCOUNT,
  claimed,
  defined,
  executed,
  jobFailed,
  jobsIn,
  logOf,
  moved,
  orderClosed,
  PARTITION,
  PLAIN,
  QUESTIONS,
  resolved,
  sellOrder,
} from '../../services/settlement-planner/src/events.fixture.ts';
import { readDownstream } from '../faults/downstream.ts';
import { startWorkerProcess } from '../faults/worker-process.ts';
import { createTestLog, ledgerTopic, type TestLog, until } from './log.ts';

const JOBS = TOPICS.settlementJobs.name;
const ROUNDS = 60;
const HEADER_BYTES = 5;
const { events, expected } = history();
let log: TestLog;

beforeAll(async () => {
  const types = events.map(({ type }) => type);
  log = await createTestLog('settlement_planner', [processor.id], [...types, 'SettlementJob']);
  await log.createTopics([JOBS]);
}, 120_000);

afterAll(async () => {
  await log.close();
}, 60_000);

/** A wallet that buys, reserves, merges, fails, converts and redeems; what is to be published. */
function history(): { events: readonly LedgerEvent[]; expected: readonly SettlementJob[] } {
  const driver = createDriver(processor);
  const events: LedgerEvent[] = [];
  const expected: SettlementJob[] = [];
  const open = new Map<string, SettlementJob>();
  const tell = (...more: readonly LedgerEvent[]): void => {
    for (const event of more) {
      const { emitted } = driver.drive(logOf([event], events.length));
      events.push(event);
      for (const job of jobsIn(emitted)) {
        expected.push(job);
        if (job.state === 'queued' || job.state === 'running') open.set(job.job_id, job);
        else open.delete(job.job_id);
      }
    }
  };
  const [A, B, C] = QUESTIONS;
  tell(defined(PLAIN), defined(A, 0), defined(B, 1), defined(C, 2));
  for (let round = 0; round < ROUNDS; round += 1) {
    const token = [PLAIN.yes, PLAIN.no, A.no, B.no, C.no, A.yes][round % 6] ?? PLAIN.yes;
    tell(moved(token, 10 + (round % 7)), sellOrder(token, 3, `o${String(round)}`));
    if (round % 2 === 1) tell(orderClosed(`o${String(round)}`));
    const [job] = [...open.values()];
    if (job === undefined || round % 3 === 0) continue;
    tell(claimed(job.job_id));
    tell(round % 4 === 1 ? jobFailed(job.job_id) : executed(job));
  }
  tell(resolved(PLAIN, '1', '0'), resolved(A, '0', '1'));
  for (const job of [...open.values()]) tell(claimed(job.job_id), executed(job));
  return { events, expected };
}

async function append(events: readonly LedgerEvent[]): Promise<void> {
  const place = { topic: log.prefix + ledgerTopic, partition: PARTITION, key: ACCOUNT };
  await log.appendRaw(
    events.map(({ type, value }) => ({ ...place, value: log.encode(type, value) })),
  );
}

/** Everything committed on the topic of jobs, as it comes. */
async function readJobs(into: SettlementJob[]): Promise<() => Promise<void>> {
  const decode = decoderOfOwn('SettlementJob');
  const { close } = await readDownstream(log, JOBS, ({ value }) => {
    if (value !== null) into.push(decode(value.subarray(HEADER_BYTES)));
  });
  return close;
}

function byJob(jobs: readonly SettlementJob[]): ReadonlyMap<string, readonly SettlementJob[]> {
  return new Map(
    [...new Set(jobs.map((job) => job.job_id))]
      .sort()
      .map((id) => [id, jobs.filter((job) => job.job_id === id)]),
  );
}

async function views(): Promise<ReadonlyMap<string, string>> {
  const client = await connect({ url: log.databaseUrl, applicationName: 'settlement-views' });
  try {
    const { rows } = await client.query<Record<'job_id' | 'state', string>>(
      'SELECT job_id, state FROM settlement_v1.jobs',
    );
    return new Map(rows.map(({ job_id: id, state }) => [id, state]));
  } finally {
    await client.end();
  }
}

test('killed twice, it publishes every state of every job once, in order', async () => {
  const found: SettlementJob[] = [];
  const close = await readJobs(found);
  const service = {
    main: 'services/settlement-planner/src/main.ts',
    // A killed worker's partitions are free again as soon as the broker allows.
    env: { ...log.env, SESSION_TIMEOUT_MS: '6000' },
    logs: `.local/test/logs/${log.prefix}`,
  };
  const third = Math.floor(events.length / 3);
  try {
    const first = startWorkerProcess(service, 'first');
    await append(events.slice(0, third));
    await until('the first worker publishes', () => found.length > 0);
    await append(events.slice(third, third + 10));
    await first.kill();
    const second = startWorkerProcess(service, 'second');
    const before = found.length;
    await append(events.slice(third + 10, 2 * third));
    await until('the second worker publishes', () => found.length > before);
    await second.kill();
    await append(events.slice(2 * third));
    const running = await start(processor, log.config({ SESSION_TIMEOUT_MS: '6000' }));
    try {
      await until('every state is published', () => found.length >= expected.length);
    } finally {
      await running.stop();
    }
  } finally {
    await close();
  }
  expect(byJob(found)).toEqual(byJob(expected));
  expect(new Set(expected.map(({ state }) => state)).size).toBe(5);
  expect(await views()).toEqual(new Map(expected.map((job) => [job.job_id, job.state])));
}, 180_000);
