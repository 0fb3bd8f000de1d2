/**
 * What reserver and planner hold, read through SQL: balances, reservations, jobs. And what the
 * ingestor, another service with tables of its own, says of the same orders and movements.
 */

import { ask, type Database, INGEST, INVENTORY, schemaOf, SETTLEMENT } from '@polytraders/cli';
import { microsOf } from './facts.ts';

export type BalanceFact = {
  readonly account: string;
  /** A token id, or PUSD of the generator for pUSD. */
  readonly asset: string;
  readonly free: bigint;
  readonly reserved: bigint;
  readonly pendingOut: bigint;
  readonly pendingIn: bigint;
  readonly redeemable: bigint;
  readonly total: bigint;
};

export type ReservationFact = { readonly state: string; readonly count: number };

export type JobFact = {
  readonly jobId: string;
  readonly account: string;
  readonly conditionId: string | null;
  readonly kind: string;
  readonly state: string;
  readonly txHash: string | null;
  /** pUSD that it frees. */
  readonly payout: bigint;
  /** pUSD that its transaction has paid; null before. */
  readonly paid: bigint | null;
};

export type WithheldFact = {
  readonly account: string;
  /** A condition, or a negative-risk market for its conversion. */
  readonly target: string;
  readonly reason: string;
};

export type InventoryFacts = {
  readonly balances: readonly BalanceFact[];
  readonly reservations: readonly ReservationFact[];
  readonly jobs: readonly JobFact[];
  /** What is not planned although it would free something, with the reason. */
  readonly withheld: readonly WithheldFact[];
  /** Rows of the whole inventory in which the terms do not make the total. */
  readonly unlikeTotal: readonly string[];
  /** Reservations that keep something for an order that the ingestor knows to have ended. */
  readonly deadKept: readonly string[];
  /** Records of movements on the log by type, each identity once, and how many there are in all. */
  readonly movements: Readonly<Record<string, number>>;
  readonly movementsRepeated: readonly string[];
};

/** Stands for pUSD, as the generator's accountant writes it. */
const PUSD = 'pUSD';

/** Inventory and jobs of the accounts; of all where none are named. */
export async function inventoryOf(
  database: Database,
  accounts: readonly string[] | null,
): Promise<InventoryFacts> {
  return {
    balances: await balancesOf(database, accounts),
    reservations: await reservationsOf(database, accounts),
    jobs: await jobsOf(database, accounts),
    withheld: await withheldOf(database, accounts),
    unlikeTotal: await unlikeTotal(database),
    deadKept: await deadKept(database),
    ...(await movementsOf(database, accounts)),
  };
}

async function balancesOf(
  database: Database,
  accounts: readonly string[] | null,
): Promise<BalanceFact[]> {
  const schema = await schemaOf(database, INVENTORY);
  const rows = await ask(
    database,
    `SELECT account, coalesce(token_id, '${PUSD}') AS asset,
            coalesce(free_shares, free_pusd) AS free,
            coalesce(reserved_shares, reserved_pusd) AS reserved,
            coalesce(pending_out_shares, pending_out_pusd) AS pending_out,
            coalesce(pending_in_shares, pending_in_pusd) AS pending_in,
            coalesce(total_shares, total_pusd) AS total, redeemable_shares
       FROM "${schema}".inventory WHERE $1::text[] IS NULL OR account = ANY($1::text[])
      ORDER BY account, asset`,
    [accounts],
    INVENTORY.service,
  );
  return rows.map((row) => ({
    account: row['account'] ?? '',
    asset: row['asset'] ?? '',
    free: microsOf(row['free']),
    reserved: microsOf(row['reserved']),
    pendingOut: microsOf(row['pending_out']),
    pendingIn: microsOf(row['pending_in']),
    redeemable: microsOf(row['redeemable_shares']),
    total: microsOf(row['total']),
  }));
}

async function reservationsOf(
  database: Database,
  accounts: readonly string[] | null,
): Promise<ReservationFact[]> {
  const schema = await schemaOf(database, INVENTORY);
  const rows = await ask(
    database,
    `SELECT state, count(*) AS count FROM "${schema}".reservations
      WHERE $1::text[] IS NULL OR account = ANY($1::text[]) GROUP BY state ORDER BY state`,
    [accounts],
    INVENTORY.service,
  );
  return rows.map((row) => ({ state: row['state'] ?? '', count: Number(row['count']) }));
}

/** Every job there is or was, where it stands now. */
export async function jobsOf(
  database: Database,
  accounts: readonly string[] | null,
): Promise<JobFact[]> {
  const schema = await schemaOf(database, SETTLEMENT);
  const rows = await ask(
    database,
    `SELECT job_id, account, condition_id, kind, state, tx_hash, payout_pusd, paid_pusd
       FROM "${schema}".jobs WHERE $1::text[] IS NULL OR account = ANY($1::text[])
      ORDER BY kind, state, job_id`,
    [accounts],
    SETTLEMENT.service,
  );
  return rows.map((row) => ({
    jobId: row['job_id'] ?? '',
    account: row['account'] ?? '',
    conditionId: row['condition_id'] ?? null,
    kind: row['kind'] ?? '',
    state: row['state'] ?? '',
    txHash: row['tx_hash'] ?? null,
    payout: microsOf(row['payout_pusd']),
    paid: row['paid_pusd'] == null ? null : microsOf(row['paid_pusd']),
  }));
}

async function withheldOf(
  database: Database,
  accounts: readonly string[] | null,
): Promise<WithheldFact[]> {
  const schema = await schemaOf(database, SETTLEMENT);
  const rows = await ask(
    database,
    `SELECT account, target, reason_code FROM "${schema}".withheld
      WHERE $1::text[] IS NULL OR account = ANY($1::text[]) ORDER BY account, target`,
    [accounts],
    SETTLEMENT.service,
  );
  return rows.map((row) => ({
    account: row['account'] ?? '',
    target: row['target'] ?? '',
    reason: row['reason_code'] ?? '',
  }));
}

async function unlikeTotal(database: Database): Promise<string[]> {
  const schema = await schemaOf(database, INVENTORY);
  const rows = await ask(
    database,
    `SELECT account || '|' || coalesce(token_id, '${PUSD}') AS row FROM "${schema}".inventory
      WHERE free_shares + reserved_shares + pending_out_shares IS DISTINCT FROM total_shares
         OR free_pusd + reserved_pusd + pending_out_pusd IS DISTINCT FROM total_pusd`,
    [],
    INVENTORY.service,
  );
  return rows.map((row) => row['row'] ?? '');
}

async function deadKept(database: Database): Promise<string[]> {
  const schema = await schemaOf(database, INVENTORY);
  const rows = await ask(
    database,
    `SELECT reservation_id FROM "${schema}".reservations JOIN ingest.orders USING (order_id)
      WHERE status <> 'OPEN' AND coalesce(remaining_shares, remaining_pusd) <> 0`,
    [],
    INVENTORY.service,
  );
  return rows.map((row) => row['reservation_id'] ?? '');
}

const MOVEMENTS = [
  'PositionsSplit',
  'PositionsMerged',
  'PositionsConverted',
  'PositionsRedeemed',
  'TokensTransferred',
  'CashMoved',
  'OpeningBalance',
];

async function movementsOf(
  database: Database,
  accounts: readonly string[] | null,
): Promise<Pick<InventoryFacts, 'movements' | 'movementsRepeated'>> {
  const rows = await ask(
    database,
    `SELECT record_type AS type, event_id, count(*) AS count FROM ingest.outbox
      WHERE record_type = ANY($1::text[]) AND ($2::text[] IS NULL OR key = ANY($2::text[]))
      GROUP BY record_type, event_id`,
    [MOVEMENTS, accounts],
    INGEST.service,
  );
  const movements: Record<string, number> = {};
  for (const { type } of rows) movements[type ?? ''] = (movements[type ?? ''] ?? 0) + 1;
  const repeated = rows.filter(({ count }) => Number(count) > 1);
  return { movements, movementsRepeated: repeated.map((row) => row['event_id'] ?? '') };
}
