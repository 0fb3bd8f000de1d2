/**
 * A compacted topic of market data that was made anew. There no hash of a last record can tell, so
 * Kafka's own id of the topic does: it is read from its beginning, and nothing it says is missed.
 */

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { connect, migrate, pool } from '@polytraders/runtime';
import { sourcePositions } from '../../services/fill-ingestor/src/shell/source-positions.ts';
import { createTestLog, until, type TestLog } from '../e2e/log.ts';

const topic = 'polytraders.market.definitions';
const sql = new URL('../../services/fill-ingestor/sql', import.meta.url).pathname;

let log: TestLog;

beforeEach(async () => {
  log = await createTestLog('compacted', []);
  const client = await connect({ url: log.databaseUrl, applicationName: 'test' });
  await migrate(client, 'ingest', sql);
  await client.end();
  await log.createTopics([topic]);
}, 60_000);

afterEach(() => log.close(), 60_000);

async function write(count: number): Promise<void> {
  const at = { topic: log.prefix + topic, partition: 0 };
  await log.appendRaw(
    Array.from({ length: count }, (_, n) => ({ ...at, key: `${n}`, value: Buffer.from(`${n}`) })),
  );
}

test('is read from its beginning, also when it has grown past the old offset', async () => {
  const database = pool({ url: log.databaseUrl, applicationName: 'test' }, 2);
  const physicalTopic = log.prefix + topic;
  const config = { topic, physicalTopic, workerId: 'w', isCompacted: true };
  const positions = sourcePositions(database, log.kafka, config);
  await write(5);
  const first = await positions.claim(0);
  expect(first.standing.nextOffset).toBe(0);
  const read = { nextOffset: 5, lastOffset: null, lastHash: null };
  const client = await database.connect();
  await positions.moveTo(client, first, read);
  client.release();
  expect((await positions.claim(0)).standing.nextOffset).toBe(5);
  await log.deleteTopics([topic]);
  await until('the topic is there again', () =>
    log.createTopics([topic]).then(
      () => true,
      () => false,
    ),
  );
  await write(8);
  expect((await positions.claim(0)).standing.nextOffset).toBe(0);
  await database.end();
}, 60_000);
