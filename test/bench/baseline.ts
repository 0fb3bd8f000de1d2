/**
 * Baseline (a): consume, decode and COPY one ledger row a fill, over two connections, in
 * transactions as durable as the projector's. No rules, no lots, no state: what is left when
 * everything that makes a ledger is taken away.
 */

import { type Writable } from 'node:stream';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { codec, type LedgerEvent } from '@polytraders/contracts';
import {
  configFromEnv,
  connect,
  compileCopyLine,
  connectKafka,
  createSchemaBook,
  kafkaConfig,
  kafkaSource,
  migrate,
  pool,
} from '@polytraders/runtime';
import { ledgerTable } from '../../services/pnl-projector/src/entry.ts';
import { processor as pnlProjector } from '../../services/pnl-projector/src/processor.ts';
import { bareRow } from './bare-row.ts';

const config = configFromEnv(process.env);
const wanted = Number(process.env['BENCH_FILLS']);
const groupRows = 20_000;
const topic = 'polytraders.ledger.events';
const database = { url: config.databaseUrl, applicationName: 'bench-baseline' };
const month = process.env['BENCH_MONTH'] ?? '';
const leaf = `pnl_ledger_${month.slice(0, 7).replace('-', '_')}`;

const admin = await connect(database);
await migrate(admin, 'stream', new URL('../../libs/runtime/sql/', import.meta.url).pathname);
await migrate(admin, 'pnl_v1', pnlProjector.storage.migrations);
await admin
  .query(
    `CREATE TABLE IF NOT EXISTS pnl_v1."${leaf}" PARTITION OF pnl_v1.pnl_ledger ` +
      `FOR VALUES FROM ('${month}') TO (('${month}'::date + interval '1 month')::date)`,
  )
  .catch(() => undefined);
await admin.query(
  'CREATE SCHEMA IF NOT EXISTS stream; CREATE TABLE IF NOT EXISTS stream.schema_archive ' +
    '(registry text, id int, schema text, PRIMARY KEY (registry, id))',
);
await admin.query(
  'CREATE TABLE bench_offset (connection int PRIMARY KEY, rows bigint NOT NULL); INSERT INTO ' +
    'bench_offset VALUES (0, 0), (1, 0)',
);
await admin.end();

const kafka = await connectKafka({ ...kafkaConfig(config.kafka), clientId: 'bench-baseline' });
const reads = pool(database);
const book = createSchemaBook({
  registryUrl: config.registryUrl,
  codec,
  database: reads,
  onOutage: (error) => {
    throw error;
  },
});
const lineOf = compileCopyLine(ledgerTable.columns);
const columns = [
  'month',
  'partition',
  '"offset"',
  'line',
  'id_hash',
  'content_hash',
  ...ledgerTable.columns.map((column) => `"${column.name}"`),
];
const sql = `COPY pnl_v1."${leaf}" (${columns.join(', ')}) FROM STDIN`;
const clients = [await connect(database), await connect(database)];
const pending: string[][] = [[], []];
const busy: (Promise<void> | null)[] = [null, null];
let done = 0;

async function copy(
  client: pg.Client,
  connection: number,
  lines: readonly string[],
): Promise<void> {
  await client.query('BEGIN');
  await client.query(
    `UPDATE bench_offset SET rows = rows + ${lines.length} WHERE connection = ${connection}`,
  );
  const stream: Writable = client.query(copyFrom(sql));
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
      if (event.type !== 'FillConfirmed') throw new Error('The bench log holds fills only.');
      pending[connection]?.push(
        `${month}\t${batch.partition}\t${record.offset}\t0\t\\N\t\\N\t` +
          lineOf(bareRow(event.value)),
      );
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
