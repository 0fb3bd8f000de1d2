/** What `polytraders status` says of inventory, of settlement jobs and of the chain. */

import { type ListOptions } from '../filters.ts';
import { ask, INGEST, INGEST_SCHEMA, INVENTORY, schemaOf, SETTLEMENT, shortest } from '../rows.ts';
import { type Database } from '../servers.ts';
import { tableText } from '../table.ts';

/** Sums over the wallets that the filters choose. */
export type InventoryStatus = {
  readonly accounts: number;
  readonly assets: number;
  readonly incomplete: number;
  /** Assets of which less than nothing is free. */
  readonly overdrawn: number;
  readonly free_pusd: string;
  readonly reserved_pusd: string;
  readonly redeemable_shares: string;
  /** Reservations that still keep something. */
  readonly reservations: number;
};

/** Jobs of one state. */
export type JobsStatus = {
  readonly state: string;
  readonly jobs: number;
  readonly payout_pusd: string;
};

/** How far the chain was read. */
export type ChainStatus = {
  readonly source: string;
  /** The last block that was taken in; null before the first. */
  readonly read_to_block: number | null;
  readonly final_block: number | null;
  readonly head: number | null;
  readonly halted: string | null;
};

type Chosen = Pick<ListOptions, 'account' | 'bot' | 'token'>;
type Started = (service: string) => boolean;

/** Null before inventory-reserver has started, and where a bot is asked for: wallets have none. */
export async function inventoryStatus(
  database: Database,
  started: Started,
  { account, bot, token }: Chosen,
): Promise<InventoryStatus | null> {
  if (!started(INVENTORY.service) || bot !== undefined) return null;
  const schema = await schemaOf(database, INVENTORY);
  const where = `($1::text IS NULL OR account = $1) AND ($2::text IS NULL OR token_id = $2)`;
  const [row] = await ask(
    database,
    `SELECT count(DISTINCT account) AS accounts, count(*) AS assets,
            count(*) FILTER (WHERE cardinality(incomplete_reasons) > 0) AS incomplete,
            count(*) FILTER (WHERE coalesce(free_shares, free_pusd) < 0) AS overdrawn,
            coalesce(sum(free_pusd), 0)::numeric(38,6) AS free,
            coalesce(sum(reserved_pusd), 0)::numeric(38,6) AS reserved,
            coalesce(sum(redeemable_shares), 0)::numeric(38,6) AS redeemable,
            (SELECT count(*) FROM "${schema}".reservations
              WHERE state = 'pending' AND ${where}) AS reservations
       FROM "${schema}".inventory WHERE ${where}`,
    [account ?? null, token ?? null],
    INVENTORY.service,
  );
  return {
    accounts: Number(row?.['accounts']),
    assets: Number(row?.['assets']),
    incomplete: Number(row?.['incomplete']),
    overdrawn: Number(row?.['overdrawn']),
    free_pusd: row?.['free'] ?? '',
    reserved_pusd: row?.['reserved'] ?? '',
    redeemable_shares: row?.['redeemable'] ?? '',
    reservations: Number(row?.['reservations']),
  };
}

/** Null before settlement-planner has started, and where a bot or a token is asked for. */
export async function jobsStatus(
  database: Database,
  started: Started,
  { account, bot, token }: Chosen,
): Promise<readonly JobsStatus[] | null> {
  if (!started(SETTLEMENT.service) || bot !== undefined || token !== undefined) return null;
  const schema = await schemaOf(database, SETTLEMENT);
  const rows = await ask(
    database,
    `SELECT state, count(*) AS jobs, sum(payout_pusd)::numeric(38,6) AS payout
       FROM "${schema}".jobs WHERE ($1::text IS NULL OR account = $1)
      GROUP BY state
      ORDER BY array_position(
        ARRAY['queued', 'running', 'done', 'failed', 'superseded'], state)`,
    [account ?? null],
    SETTLEMENT.service,
  );
  return rows.map((row) => ({
    state: row['state'] ?? '',
    jobs: Number(row['jobs']),
    payout_pusd: row['payout'] ?? '',
  }));
}

/** The chains that fill-ingestor reads; none where it reads none. */
export async function chainStatus(
  database: Database,
  started: Started,
): Promise<readonly ChainStatus[]> {
  if (!started(INGEST.service)) return [];
  // A service that was started before it read chains has left no such table.
  const table = `${INGEST_SCHEMA}.chain_position`;
  const [there] = await ask(
    database,
    'SELECT to_regclass($1) IS NOT NULL AS there',
    [table],
    INGEST.service,
  );
  if (there?.['there'] !== 't') return [];
  const rows = await ask(
    database,
    `SELECT source, next_block - 1 AS read_to, final_block, head, halted
       FROM ${table} ORDER BY source`,
    [],
    INGEST.service,
  );
  return rows.map((row) => ({
    source: row['source'] ?? '',
    read_to_block: blockIn(row['read_to']),
    final_block: blockIn(row['final_block']),
    head: blockIn(row['head']),
    halted: row['halted'] ?? null,
  }));
}

function blockIn(text: string | null | undefined): number | null {
  return text === null || text === undefined ? null : Number(text);
}

/** The amounts of both in the JSON form of the contracts. */
export function inventoryJson(inventory: InventoryStatus | null): InventoryStatus | null {
  if (inventory === null) return null;
  return {
    ...inventory,
    free_pusd: shortest(inventory.free_pusd),
    reserved_pusd: shortest(inventory.reserved_pusd),
    redeemable_shares: shortest(inventory.redeemable_shares),
  };
}

export function jobsJson(jobs: readonly JobsStatus[] | null): readonly JobsStatus[] | null {
  return jobs?.map((one) => ({ ...one, payout_pusd: shortest(one.payout_pusd) })) ?? null;
}

export function inventoryText(inventory: InventoryStatus | null): string {
  if (inventory === null) return '';
  const columns = [
    ['accounts', String(inventory.accounts)],
    ['assets', String(inventory.assets)],
    ['incomplete', String(inventory.incomplete)],
    ['overdrawn', String(inventory.overdrawn)],
    ['free pUSD', inventory.free_pusd],
    ['reserved pUSD', inventory.reserved_pusd],
    ['redeemable', inventory.redeemable_shares],
    ['reservations', String(inventory.reservations)],
  ].map(([title = '', text = '']) => ({ title, text: () => text, right: true }));
  return `\n${tableText(columns, [inventory], '')}`;
}

export function jobsText(jobs: readonly JobsStatus[] | null): string {
  if (jobs === null) return '';
  const table = tableText(
    [
      { title: 'jobs', text: (row) => row.state },
      { title: 'number', text: (row) => String(row.jobs), right: true },
      { title: 'pUSD', text: (row) => row.payout_pusd, right: true },
    ],
    jobs,
    'No settlement job was planned yet.',
  );
  return `\n${table}`;
}

export function chainText(chains: readonly ChainStatus[]): string {
  return chains
    .map(({ source, read_to_block: read, final_block: final, head, halted }) => {
      const place = `read up to block ${shown(read)}, final up to ${shown(final)}`;
      const stands = halted === null ? '' : ` It stands still: ${halted}`;
      return `${source}: ${place}, head ${shown(head)}.${stands}\n`;
    })
    .join('');
}

function shown(block: number | null): string {
  return block === null ? '–' : String(block);
}
