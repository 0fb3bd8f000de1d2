/**
 * The naive way (c): one message, one transaction. The projector's own fold and its own commit,
 * but each fill by itself, and the next only when the last is durable.
 */

import { codec, type LedgerEvent } from '@polytraders/contracts';
import {
  configFromEnv,
  connect,
  connectKafka,
  createSchemaBook,
  createStore,
  kafkaConfig,
  kafkaSource,
  migrate,
  pool,
} from '@polytraders/runtime';
import { chainStart, createFolder } from '../../libs/runtime/src/partition/fold.ts';
import { newSession } from '../../libs/runtime/src/partition/session.ts';
import { emptyPart } from '../../libs/runtime/src/postgres/group.ts';
import { processor as pnlProjector } from '../../services/pnl-projector/src/processor.ts';
import { type Entity } from '../../services/pnl-projector/src/entities.ts';
import { type LedgerEntry } from '../../services/pnl-projector/src/entry.ts';

const config = configFromEnv(process.env);
const wanted = Number(process.env['BENCH_FILLS']);
const topic = 'polytraders.ledger.events';
const database = { url: config.databaseUrl, applicationName: 'bench-naive' };
const client = await connect(database);
await migrate(client, 'stream', new URL('../../libs/runtime/sql/', import.meta.url).pathname);
await migrate(client, 'pnl_v1', pnlProjector.storage.migrations);
await client.query(
  'INSERT INTO stream.partition (processor, version, topic, partition, epoch, chain_hash) ' +
    `SELECT '${pnlProjector.id}', 1, '${topic}', p, 1, '\\x${chainStart.toString('hex')}' FROM ` +
    'generate_series(0, 11) AS p',
);

const kafka = await connectKafka({ ...kafkaConfig(config.kafka), clientId: 'bench-naive' });
const book = createSchemaBook({
  registryUrl: config.registryUrl,
  codec,
  database: pool(database),
  onOutage: (error) => {
    throw error;
  },
});
const store = createStore<LedgerEvent, Entity, LedgerEntry>(pnlProjector, {
  version: 1,
  topic,
  output: pnlProjector.id,
});
const fold = createFolder(pnlProjector, topic, store.leafOf, {
  emitter: null,
  counts: false,
  lines: false,
  onActivity: null,
});
const sessions = Array.from({ length: 12 }, (_, partition) =>
  newSession<Entity>({
    partition,
    epoch: 1,
    nextOffset: 0,
    lastOffset: null,
    lastHash: null,
    chainHash: chainStart,
  }),
);
const nothing = new Map<string, Entity>();
let turn: Promise<unknown> = Promise.resolve();
let done = 0;

const source = kafkaSource<LedgerEvent>(kafka, book, {
  topic,
  physicalTopic: config.topicPrefix + topic,
  groupId: 'unused',
  sessionTimeoutMs: 30_000,
  maxBytes: 1 << 20,
  maxBytesPerPartition: 1 << 17,
  maxWaitMs: 250,
});

async function one(partition: number, record: Parameters<typeof source.decode>[0]): Promise<void> {
  const session = sessions[partition];
  if (session === undefined || done >= wanted) return;
  const part = emptyPart<Entity>(session, { ...session, offset: session.next });
  fold(
    session,
    part,
    [{ offset: record.offset, decoded: source.decode(record), raw: () => null }],
    nothing,
  );
  session.next = record.offset + 1;
  part.to = session.next;
  part.lastOffset = record.offset;
  part.lastHash = source.hashOf(record);
  await store.commit(client, [part], []);
  done += 1;
  if (done === wanted)
    process.stdout.write(`${JSON.stringify({ event: 'DONE', at: Date.now() })}\n`);
}

const reader = source.reader({
  onBatch: async (batch) => {
    await source.prepare(batch.records, new AbortController().signal);
    for (const record of batch.records) {
      turn = turn.then(() => one(batch.partition, record));
      await turn;
    }
  },
  onPartitionError: (_, error) => {
    throw error;
  },
  onOutage: (error) => {
    throw error;
  },
});
process.stdout.write(`${JSON.stringify({ event: 'READY', at: Date.now() })}\n`);
for (let partition = 0; partition < 12; partition += 1) reader.assign(partition, 0, true);
