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

test('a fill that was released counts once, and is not shown as set aside any more', async () => {
  const [, sql = ''] = queries.find(([title]) => title.startsWith('P&L by bot today')) ?? [];
  await client.query('CREATE TABLE pnl_v1.rest PARTITION OF pnl_v1.pnl_ledger DEFAULT');
  const lines = [
    ['waits', 'FILL', true, 10],
    ['paid', 'FILL', true, 20],
    ['paid', 'REVERSE', true, -20],
    ['paid', 'RELEASE', false, 20],
    ['bought', 'FILL', false, 30],
    ['busted', 'FILL', false, 40],
    ['busted', 'REVERSE', false, -40],
  ] as const;
  for (const [line, [fill, kind, isAside, size]] of lines.entries()) {
    await client.query(
      `INSERT INTO pnl_v1.pnl_ledger
         (month, partition, "offset", line, entry_kind, fill_id, event_id, correlation_id,
          effective_at, recorded_at, confirmed_at, account, trading_bot_id, token_id, size_pusd,
          effect, opened_shares, opened_basis_pusd, closed_shares, closed_basis_pusd,
          position_shares, cost_basis_pusd, paper, mode, quarantined, reason_codes, books_complete,
          incomplete_reasons, source)
       VALUES ('2026-05-01', 0, 0, $1, $2, $3, 'e', 'c', now(), now(), now(), '0xa1', 'mm', '7', $4,
               'OPENED', 0, 0, 0, 0, 0, 0, false, 'general_live', $5, '{}', true, '{}', 'bus')`,
      [line, kind, fill, size, isAside],
    );
  }
  const { rows } = await client.query(sql.replaceAll('${books}', 'pnl_v1'));
  expect(rows).toMatchObject([
    { bot: 'mm', fills: '2', volume_pusd: '50.000000', quarantined: '1' },
  ]);
});
