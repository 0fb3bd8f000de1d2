/** Queries of the dashboards, asked of a database with the books as the services install them. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect, migrate } from '@polytraders/runtime';
import { freshDatabase, type FreshDatabase } from '@polytraders/testkit';

type Board = {
  readonly title: string;
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly rawSql?: string }[];
  }[];
};

const root = join(import.meta.dirname, '../..');
const boards = readdirSync(join(root, 'infra/grafana'))
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(join(root, 'infra/grafana', name), 'utf8')) as Board);
const queries = boards.flatMap(({ panels }) =>
  panels.flatMap(({ title, targets }) =>
    targets.flatMap(({ rawSql }) => (rawSql === undefined ? [] : [[title, rawSql] as const])),
  ),
);

let database: FreshDatabase;
let client: Awaited<ReturnType<typeof connect>>;

beforeAll(async () => {
  database = await freshDatabase('dashboards');
  client = await connect({ url: database.url, applicationName: 'dashboards-test' });
  await migrate(client, 'stream', join(root, 'libs/runtime/sql'));
  await migrate(client, 'pnl_v1', join(root, 'services/pnl-projector/sql'));
}, 60_000);

afterAll(async () => {
  await client.end();
  await database.drop();
});

test.each(queries)('%s is a query that Postgres answers', async (_, sql) => {
  const { rows } = await client.query(sql.replaceAll('${books}', 'pnl_v1'));
  expect(rows).toEqual([]);
});
