import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { migrate } from '@polytraders/runtime';
import { freshDatabase, type FreshDatabase } from '@polytraders/testkit';
import { describeSchema } from './describe.ts';

const root = join(import.meta.dirname, '../../..');
const owners = [
  ['stream', 'libs/runtime/sql'],
  ['pnl_v1', 'services/pnl-projector/sql'],
  ['settlement_v1', 'services/settlement-planner/sql'],
  ['ingest', 'services/fill-ingestor/sql'],
  ['inventory_v1', 'services/inventory-reserver/sql'],
] as const;

/** `UPDATE_GOLDEN=1 npm run jest -- test/golden/schema` writes the files anew. */
const isUpdate = process.env['UPDATE_GOLDEN'] === '1';

describe('the schema that the migrations make is the one that was reviewed', () => {
  let database: FreshDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await freshDatabase('schema_golden');
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await migrate(client, 'stream', join(root, owners[0][1]));
  }, 60_000);
  afterAll(async () => {
    await client.end();
    await database.drop();
  }, 60_000);

  test.each(owners)('%s is as its schema.txt says', async (schema, folder) => {
    await migrate(client, schema, join(root, folder));
    const found = await describeSchema(client, schema);
    const golden = join(root, folder, 'schema.txt');
    if (isUpdate) await writeFile(golden, found);
    expect(found).toBe(await readFile(golden, 'utf8'));
  });
});
