/** What health and metrics say of the topics of the bus, when one of them does not move. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { TOPICS } from '@polytraders/contracts';
import { framed, type Running } from '@polytraders/runtime';
import { dropTopics } from '@polytraders/testkit';
import { openBench, type ServiceBench } from '../../test/service-bench.fixture.ts';

type Shown = {
  readonly status: string;
  readonly because: readonly string[];
  readonly sources: readonly {
    readonly source: string;
    readonly partitions: number;
    readonly lag_records: number;
    readonly lag_seconds: number;
    readonly confirmed_ago_ms: number;
  }[];
  readonly last_outage: { readonly message: string } | null;
};

const execution = TOPICS.executionReports.name;
const marks = TOPICS.marks.name;
let bench: ServiceBench;

beforeEach(async () => {
  bench = await openBench('bus_reader', []);
}, 60_000);

afterEach(async () => {
  await bench.close();
}, 60_000);

async function ask({ port }: Running, path: string): Promise<Response> {
  return fetch(`http://127.0.0.1:${String(port)}${path}`);
}

async function seen(service: Running, what: string, done: (shown: Shown) => boolean) {
  const deadline = performance.now() + 45_000;
  while (performance.now() < deadline) {
    const shown = (await (await ask(service, '/internal/health/fill-ingestor')).json()) as Shown;
    if (done(shown)) return shown;
    await sleep(100);
  }
  throw new Error(`Expected within 45 s: ${what}.`);
}

const of = (shown: Shown, source: string) => shown.sources.find((one) => one.source === source);

/** A broker deletes in its own time; until then the group could still be joined. */
async function gone(at: { readonly topic: string; readonly partition: number }): Promise<void> {
  const isThere = () => bench.kafka.watermarks(at).then(Boolean, () => false);
  while (await isThere()) await sleep(100);
}

test('a source that waits for a schema is behind, and says for how long', async () => {
  const service = await bench.start();
  await seen(service, 'all is read', (shown) => shown.sources.every((one) => one.partitions > 0));
  const value = framed(2_000_000_000, Buffer.from([1, 2, 3]));
  await bench.kafka.send([{ topic: bench.prefix + execution, partition: 7, key: null, value }]);
  const shown = await seen(service, 'it is late', (now) => {
    return (of(now, execution)?.lag_seconds ?? 0) >= 3;
  });
  expect(of(shown, execution)).toMatchObject({ partitions: 12, lag_records: 1 });
  expect(of(shown, marks)).toMatchObject({ lag_records: 0, lag_seconds: 0 });
  const text = await (await ask(service, '/metrics')).text();
  const labels = `{source="${execution}",partition="7"}`;
  expect(text).toContain(`polytraders_gov_fillingestor_source_lag_records${labels} 1`);
  expect(text).toContain(`polytraders_gov_fillingestor_source_lag_seconds${labels} `);
}, 90_000);

test('a source whose group cannot be joined turns health red, and its waits count', async () => {
  await dropTopics(bench.prefix + marks);
  await gone({ topic: bench.prefix + marks, partition: 0 });
  const service = await bench.start();
  const shown = await seen(service, 'it is red', (now) => now.status === 'red');
  expect(shown.because).toEqual([
    expect.stringMatching(`^The group has not confirmed the reader of ${marks} for \\d+ s\\.$`),
  ]);
  expect(shown.last_outage?.message).toContain(bench.prefix + marks);
  const text = await (await ask(service, '/metrics')).text();
  expect(text).toMatch(/^polytraders_gov_fillingestor_outages_total [1-9]/m);
  expect(text).toMatch(/^polytraders_gov_fillingestor_source_confirmed_ago_ms\{.*\} \d/m);
}, 90_000);
