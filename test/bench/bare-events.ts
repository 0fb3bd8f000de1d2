/**
 * Baseline (d): consume, decode and COPY one bare row an event, over two connections, in
 * transactions as durable as the projectors'. The same for every kind of event, so it is what any
 * processor of the log is held against.
 */

import { type Writable } from 'node:stream';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { codec, type LedgerEvent } from '@polytraders/contracts';
import {
  configFromEnv,
  connect,
  connectKafka,
  createSchemaBook,
  kafkaConfig,
  kafkaSource,
  migrate,
  pool,
} from '@polytraders/runtime';

const config = configFromEnv(process.env);
const wanted = Number(process.env['BENCH_EVENTS']);
const groupRows = 20_000;
const topic = 'polytraders.ledger.events';
const database = { url: config.databaseUrl, applicationName: 'bench-bare' };

const admin = await connect(database);
await migrate(admin, 'stream', new URL('../../libs/runtime/sql/', import.meta.url).pathname);
await admin.query(
  'CREATE TABLE bare_event (partition int, "offset" bigint, type text NOT NULL, ' +
    'event_id text NOT NULL, correlation_id text NOT NULL, account text, ' +
    'effective_at bigint NOT NULL, recorded_at bigint NOT NULL, ' +
    'PRIMARY KEY (partition, "offset"))',
);
await admin.query(
  'CREATE TABLE bench_offset (connection int PRIMARY KEY, rows bigint NOT NULL); INSERT INTO ' +
    'bench_offset VALUES (0, 0), (1, 0)',
);
await admin.end();

const kafka = await connectKafka({ ...kafkaConfig(config.kafka), clientId: 'bench-bare' });
const book = createSchemaBook({
  registryUrl: config.registryUrl,
  codec,
  database: pool(database),
  onOutage: (error) => {
    throw error;
  },
});
const clients = [await connect(database), await connect(database)];
const pending: string[][] = [[], []];
const busy: (Promise<void> | null)[] = [null, null];
let done = 0;

async function copy(client: pg.Client, connection: number, lines: readonly string[]) {
  await client.query('BEGIN');
  await client.query(
    `UPDATE bench_offset SET rows = rows + ${lines.length} WHERE connection = ${connection}`,
  );
  const stream: Writable = client.query(copyFrom('COPY bare_event FROM STDIN'));
  const finished = new Promise<void>((resolve, reject) => {
    stream.once('finish', resolve);
    stream.once('error', reject);
  });
  for (let at = 0; at < lines.length; at += 500)
    stream.write(`${lines.slice(at, at + 500).join('\n')}\n`);
  stream.end();
  await finished;
  await client.query('COMMIT');
  done += lines.length;
  if (done === wanted)
    process.stdout.write(`${JSON.stringify({ event: 'DONE', at: Date.now() })}\n`);
}

function flush(connection: number): Promise<void> {
  const client = clients[connection];
  if (busy[connection] !== null || client === undefined)
    return busy[connection] ?? Promise.resolve();
  const lines = pending[connection] ?? [];
  if (lines.length === 0) return Promise.resolve();
  pending[connection] = [];
  busy[connection] = copy(client, connection, lines).finally(() => {
    busy[connection] = null;
    void flush(connection);
  });
  return busy[connection];
}

function lineOf(partition: number, offset: number, { type, value }: LedgerEvent): string {
  const account = 'account' in value ? value.account : '\\N';
  const { event_id, correlation_id, effective_at, recorded_at } = value;
  return [
    ...[partition, offset, type, event_id, correlation_id, account],
    ...[effective_at, recorded_at],
  ].join('\t');
}

const source = kafkaSource<LedgerEvent>(kafka, book, {
  topic,
  physicalTopic: config.topicPrefix + topic,
  groupId: 'unused',
  sessionTimeoutMs: 30_000,
  maxBytes: config.fetchMaxBytes,
  maxBytesPerPartition: Math.max(1 << 20, config.fetchMaxBytes >> 2),
  maxWaitMs: 250,
});
const reader = source.reader({
  onBatch: async (batch) => {
    const connection = batch.partition % 2;
    await source.prepare(batch.records, new AbortController().signal);
    while ((pending[connection]?.length ?? 0) >= groupRows) await flush(connection);
    for (const record of batch.records) {
      const event = source.decode(record) as LedgerEvent;
      pending[connection]?.push(lineOf(batch.partition, record.offset, event));
    }
    void flush(connection);
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
