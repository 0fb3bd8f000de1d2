/** A database with some inventory and jobs, as the services leave them, and servers to ask. */

import { join, resolve } from 'node:path';
import { codec, type LedgerCommand, type Topic, TOPICS } from '@polytraders/contracts';
import { applyTopics } from '@polytraders/infra/topics';
import {
  connect,
  connectKafka,
  createSchemaBook,
  type KafkaPort,
  migrate,
  pool,
  type SchemaBook,
} from '@polytraders/runtime';
import {
  contentOf,
  dropTopics,
  freshDatabase,
  testStack,
  uniquePrefix,
} from '@polytraders/testkit';
import { runCli } from './program.ts';
import { type Database } from './servers.ts';

const root = resolve(import.meta.dirname, '../../..');

export const ACCOUNT = `0x${'ab'.repeat(20)}`;
export const OTHER = `0x${'cd'.repeat(20)}`;
export const CONDITION = `0x${'11'.repeat(32)}`;
export const EVENT = `0x${'22'.repeat(32)}`;
export const TX = `0x${'33'.repeat(32)}`;

export type Desk = {
  readonly run: (
    ...args: string[]
  ) => Promise<{ readonly code: number; readonly out: string; readonly err: string }>;
  readonly database: Database;
  readonly commands: () => Promise<readonly WrittenCommand[]>;
  /** The tables of the services, and rows in them. */
  readonly fill: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** A command as it stands on its topic. */
export type WrittenCommand = {
  readonly command: LedgerCommand;
  readonly value: Buffer;
  readonly partition: number;
  readonly key: string;
};

/** A desk of its own: database, topics, and the command to run. */
export async function openDesk(name: string): Promise<Desk> {
  const stack = await testStack();
  const prefix = uniquePrefix();
  const fresh = await freshDatabase(name);
  const env = { ...stack, DATABASE_URL: fresh.url, TOPIC_PREFIX: prefix, LOG_LEVEL: 'silent' };
  const registryUrl = stack.SCHEMA_REGISTRY_URL;
  const topics = [TOPICS.commands, TOPICS.ledgerEvents];
  await applyTopics({ brokers: stack.KAFKA_BROKERS, registryUrl, prefix, topics });
  const kafka = await connectKafka({
    brokers: stack.KAFKA_BROKERS.split(','),
    clientId: 'cli-test',
  });
  const database = pool({ url: fresh.url, applicationName: 'cli-test' }, 1);
  const book = createSchemaBook({ registryUrl, codec, database, onOutage: () => undefined });
  return {
    database,
    run: async (...args) => {
      const seen = { out: '', err: '' };
      const code = await runCli(args, env, {
        out: (text) => void (seen.out += text),
        err: (text) => void (seen.err += text),
        isTTY: false,
      });
      return { code, ...seen };
    },
    commands: () => commandsOn(kafka, book, prefix, TOPICS.commands),
    fill: () => fillTables(fresh.url),
    close: async () => {
      book.close();
      await database.end();
      await kafka.close();
      await dropTopics(prefix);
      await fresh.drop();
    },
  };
}

async function commandsOn(
  kafka: KafkaPort,
  book: SchemaBook,
  prefix: string,
  { name, partitions }: Topic,
): Promise<readonly WrittenCommand[]> {
  const found: WrittenCommand[] = [];
  for (let partition = 0; partition < partitions; partition += 1) {
    const all = await contentOf({ kafka, book }, { topic: prefix + name, partition });
    for (const { record, content } of all) {
      const { value, key } = record;
      if (value === null) continue;
      if (!('type' in content) || content.type !== 'LedgerCommand') {
        throw new Error(`Expected a LedgerCommand at ${partition}/${record.offset}.`);
      }
      const command = content.value as LedgerCommand;
      found.push({ command, value, partition, key: String(key) });
    }
  }
  return found;
}

type Client = Awaited<ReturnType<typeof connect>>;

async function fillTables(url: string): Promise<void> {
  const client = await connect({ url, applicationName: 'cli-test' });
  try {
    await migrate(client, 'stream', join(root, 'libs/runtime/sql'));
    await migrate(client, 'ingest', join(root, 'services/fill-ingestor/sql'));
    await migrate(client, 'inventory_v1', join(root, 'services/inventory-reserver/sql'));
    await migrate(client, 'settlement_v1', join(root, 'services/settlement-planner/sql'));
    await client.query(`
      INSERT INTO stream.active_version
        VALUES ('inventory-reserver', 1), ('settlement-planner', 1), ('fill-ingestor', 1);
      INSERT INTO stream.partition
          (processor, version, topic, partition, next_offset, chain_hash)
        SELECT processor, 1, 'log', 0, 1, '' FROM stream.active_version;
      CREATE TABLE settlement_v1.ledger_rest
        PARTITION OF settlement_v1.settlement_ledger DEFAULT;`);
    await fillInventory(client);
    await fillJobs(client);
  } finally {
    await client.end();
  }
}

async function fillInventory(client: Client): Promise<void> {
  const cash = { is_opened: 't', fees_missing: '0', orders_without_max_fee: '0', doubts: '{}' };
  const place = { ledger_partition: '3', ledger_offset: '8' };
  const balance = (free: string, reserved: string, pendingOut: string, total: string) => ({
    free,
    reserved,
    pending_out: pendingOut,
    total,
  });
  const inUnit = (unit: string, amounts: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(amounts).map(([name, text]) => [`${name}_${unit}`, text]));
  const cashRow = (account: string, amounts: Record<string, string>, reasons: string) =>
    insert(client, 'inventory_v1.cash_balances', {
      ...cash,
      ...place,
      account,
      ...inUnit('pusd', amounts),
      incomplete_reasons: reasons,
    });
  const tokenRow = (token: string, amounts: Record<string, string>, condition: string | null) =>
    insert(client, 'inventory_v1.token_balances', {
      ...place,
      account: ACCOUNT,
      token_id: token,
      condition_id: condition,
      ...inUnit('shares', amounts),
      incomplete_reasons: condition === null ? '{GOV_CONDITION_UNKNOWN}' : '{}',
      doubts: '{}',
    });
  const first = balance('120.5', '51', '8.000001', '179.500001');
  await cashRow(ACCOUNT, { ...first, pending_in: '0.25' }, '{}');
  const second = balance('-3', '0', '0', '-3');
  await cashRow(OTHER, { ...second, pending_in: '0' }, '{GOV_OPENING_BALANCE_UNKNOWN}');
  const wide = balance('12345678901234567890.000001', '1', '0', '12345678901234567891.000001');
  await tokenRow('7', { ...wide, pending_in: '0', redeemable: wide.free }, CONDITION);
  const few = balance('5', '0', '0', '5');
  await tokenRow('8', { ...few, pending_in: '0', redeemable: '0' }, null);
  const request = (id: string, state: string, reason: string | null, token: string | null) =>
    insert(client, 'inventory_v1.requests', {
      ...place,
      account: ACCOUNT,
      reservation_id: id,
      trading_bot_id: 'mm',
      token_id: token,
      amount_shares: token === null ? null : '9',
      amount_pusd: token === null ? '51' : null,
      expires_at: '2026-05-08T12:00:30Z',
      state,
      reason_code: reason,
    });
  await request('known', 'pending', null, null);
  await request('late', 'expired', 'SOMETHING_ELSE', null);
  await request('much', 'refused', 'GOV_INVENTORY_INSUFFICIENT', '7');
}

async function fillJobs(client: Client): Promise<void> {
  const line = (offset: number, id: string, state: string, more: Row = {}) =>
    insert(client, 'settlement_v1.settlement_ledger', {
      month: '2026-05-01',
      partition: '3',
      offset: String(offset),
      line: '0',
      event_id: `e${offset}`,
      correlation_id: `fact_${id}`,
      effective_at: '2026-05-08T12:00:00Z',
      recorded_at: `2026-05-08T12:00:${10 + offset}Z`,
      account: ACCOUNT,
      line_kind: 'JOB',
      condition_id: CONDITION,
      market_status: 'resolved',
      mode: 'general_live',
      job_id: id,
      kind: 'REDEEM',
      state,
      amount_shares: '5',
      legs: '7:0:5000000 8:1:1',
      gains: '',
      payout_pusd: '5',
      fee_pusd: '0',
      contract: '0xc0',
      calldata: '0x01',
      ...more,
    });
  const code = 'GOV_SETTLEMENT_JOB_SUPERSEDED';
  await line(1, 'job_old', 'queued');
  await line(2, 'job_old', 'superseded', { superseded_by: 'job_new', reason_code: code });
  await line(3, 'job_new', 'queued');
  await line(4, 'job_held', 'queued', { mode: 'limited_live' });
  await line(5, 'job_run', 'running', { claimed_by: 'exec', tx_hash: TX });
  await line(6, 'job_bad', 'failed', { failure_reason: 'out of gas', claimed_by: 'exec' });
  const conversion = { kind: 'CONVERT', condition_id: null, neg_risk_market_id: EVENT };
  await line(7, 'job_event', 'done', conversion);
  const nothing = { free_shares: '0', total_shares: '0', doubts: '{}' };
  const sideOf = (side: string, token: string, of: Row) =>
    Object.fromEntries(
      Object.entries({ ...of, token_id: token }).map(([name, text]) => [`${side}_${name}`, text]),
    );
  await insert(client, 'settlement_v1.positions', {
    partition: '3',
    account: ACCOUNT,
    condition_id: CONDITION,
    settlement_status: 'resolved',
    ...sideOf('yes', '7', { ...nothing, free_shares: '5', total_shares: '5' }),
    ...sideOf('no', '8', nothing),
  });
  await insert(client, 'settlement_v1.slots', {
    partition: '3',
    account: ACCOUNT,
    target: CONDITION,
    withheld_kind: 'MERGE',
    withheld_code: 'GOV_SETTLEMENT_FAILURES_SPENT',
    failures: '3',
    legs: '',
    gains: '',
  });
}

type Row = Readonly<Record<string, string | null>>;

async function insert(client: Client, table: string, row: Row): Promise<void> {
  const names = Object.keys(row).map((name) => `"${name}"`);
  const places = names.map((_, at) => `$${at + 1}`);
  await client.query(
    `INSERT INTO ${table} (${names.join(', ')}) VALUES (${places.join(', ')})`,
    Object.values(row),
  );
}
