/**
 * The settlement reports as somebody else's service reads them: kafkajs and its registry client,
 * with a decimal of its own, and nothing of ours between the bytes and the numbers. Postgres says
 * what the numbers ought to be.
 */

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { processor } from '@polytraders/pnl-projector/processor';
import { connect, start } from '@polytraders/runtime';
import { generateLogFills } from '@polytraders/testkit/generator';
import avro from 'avsc';
import { readDownstream } from '../faults/downstream.ts';
import { createTestLog, settlementTopic, until, type TestLog } from './log.ts';

const count = 400;
let log: TestLog;

beforeAll(async () => {
  log = await createTestLog('settlement_reader', [processor.id]);
}, 120_000);

afterAll(async () => {
  await log.close();
}, 60_000);

/** Two's complement by its definition. */
class Decimal extends avro.types.LogicalType {
  protected override _fromValue(bytes: Uint8Array): bigint {
    const unsigned = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
    return BigInt.asIntN(bytes.length * 8, unsigned);
  }
}

type Row = Readonly<Record<string, unknown>>;

/** Waits for `wanted` committed reports; reads whatever is there of them, in any order. */
async function readReports(wanted: number): Promise<readonly Row[]> {
  const schemas = new SchemaRegistry(
    { host: log.env['SCHEMA_REGISTRY_URL'] ?? '' },
    { [SchemaType.AVRO]: { logicalTypes: { decimal: Decimal } } },
  );
  const reports: Row[] = [];
  const reader = await readDownstream(log, settlementTopic, async ({ value }) => {
    if (value !== null) reports.push((await schemas.decode(value)) as Row);
  });
  try {
    await until(`${wanted} reports are read`, () => reports.length >= wanted);
  } finally {
    await reader.close();
  }
  return reports;
}

const amounts = [
  'realised_pnl_pusd',
  'unrealised_pnl_pusd',
  'gross_fee_pusd',
  'net_fee_pusd',
  'avg_cost',
] as const;

async function ledger(): Promise<readonly Row[]> {
  const client = await connect({ url: log.databaseUrl, applicationName: 'settlement-reader' });
  try {
    const micros = amounts.map((name) => `(${name} * 1000000)::bigint::text AS ${name}`).join(', ');
    return (await client.query<Row>(`SELECT fill_id, ${micros} FROM pnl_v1.pnl_ledger`)).rows;
  } finally {
    await client.end();
  }
}

test('a reader that shares no code with us reads in each report what the ledger says', async () => {
  const running = await start(processor, log.config());
  let reports: readonly Row[];
  try {
    await log.append(generateLogFills({ seed: 'settlement reader', count, books: 72 }));
    reports = await readReports(count);
  } finally {
    await running.stop();
  }
  const found = new Map(
    reports.map((report) => [
      report['fill_id'],
      amounts.map((name) => (report[name] as bigint | null)?.toString() ?? null),
    ]),
  );
  const expected = new Map(
    (await ledger()).map((row) => [row['fill_id'], amounts.map((name) => row[name])]),
  );
  expect(reports).toHaveLength(count);
  expect(expected.size).toBe(count);
  expect(found).toEqual(expected);
}, 120_000);
