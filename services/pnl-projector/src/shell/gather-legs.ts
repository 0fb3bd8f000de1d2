/**
 * What moved in the wallets by block, for the check of windows against the chain (rule B13), summed
 * by Postgres as the rest is (gather-sql.ts).
 */

import { type Cut, type Leg } from '../windows/cut.ts';
import { byText } from '../windows/state.ts';
import {
  ask,
  type Client,
  FROM,
  FROM_PLACED,
  micros,
  type Ranges,
  SHARES,
  taken,
  type Text,
} from './gather-sql.ts';

/** What a wallet had when its books began, pUSD and shares: legs of its block, else of its time. */
const IS_OPENING = `l.entry_kind = 'OPENING'`;
const CASH = `
  CASE WHEN ${IS_OPENING} AND l.token_id IS NULL THEN l.size_pusd ELSE l.cash_pusd END`;

/**
 * Cash and shares of live wallets by block, one pass over the lines; shares of lines that are set
 * aside are in no lot. `block` is what stands for the block of a line.
 */
function legsSql(block: string, where: string, from: string): string {
  return `
  SELECT l.account, ${block}, l.token_id, ${micros(`sum(${CASH})`)}, ${taken(SHARES)}
  ${from} AND NOT starts_with(l.account, 'paper:') AND ${where}
  GROUP BY 1, 2, 3`;
}

/** Of lines that name their block, and of those whose transaction was placed. */
function bothLegs(sqlOf: (block: string, from: string) => string): string {
  return `${sqlOf('l.block_number', FROM)} UNION ALL ${sqlOf('l.placed_block', FROM_PLACED)}`;
}

const LATE_LEGS = bothLegs((block, from) => legsSql(block, `${block} <= $4`, from));
const NEW_LEGS = bothLegs((block, from) =>
  legsSql(`greatest(${block}, $5::bigint)`, `${block} > $4`, from),
);

/** Legs of blocks that were passed before: each window behind such a block has to know of it. */
export async function lateLegs(
  client: Client,
  ranges: Ranges,
  passed: number,
): Promise<readonly Leg[]> {
  return legsIn(await ask(client, LATE_LEGS, ranges, passed));
}

/**
 * Legs of later blocks than those passed so far, when `next` is passed: all up to it count as of
 * that block, as no window has an earlier one of theirs.
 */
export async function newLegs(
  client: Client,
  ranges: Ranges,
  passed: number,
  next: number,
): Promise<readonly Leg[]> {
  return legsIn(await ask(client, NEW_LEGS, ranges, passed, next));
}

/** Cash over all tokens, then shares token by token; nothing that is 0. Sorted. */
function legsIn(rows: readonly (readonly Text[])[]): readonly Leg[] {
  const legs = new Map<string, Leg>();
  const add = (account: string, block: number, token: string | null, amount: bigint): void => {
    const key = `${account}|${String(block)}|${token ?? ''}`;
    const before = legs.get(key)?.amount ?? 0n;
    legs.set(key, { account, block, token, amount: before + amount });
  };
  for (const [account, block, token, cash, moved] of rows) {
    add(account ?? '', Number(block), null, BigInt(cash ?? '0'));
    if (token !== null && token !== undefined)
      add(account ?? '', Number(block), token, BigInt(moved ?? '0'));
  }
  return [...legs]
    .filter(([, { amount }]) => amount !== 0n)
    .sort(([, a], [, b]) => byText(a.account, b.account) || a.block - b.block || byToken(a, b))
    .map(([, leg]) => leg);
}

function byToken(a: Leg, b: Leg): number {
  return byText(a.token ?? '', b.token ?? '');
}

const OPENINGS = legsSql(
  '(extract(epoch FROM l.confirmed_at) * 1000000)::bigint',
  `${IS_OPENING} AND l.block_number IS NULL`,
  FROM,
);

/** Opening balances that name no block, by their time. */
export async function openingsOf(client: Client, ranges: Ranges): Promise<Cut['openings']> {
  const rows = await ask(client, OPENINGS, ranges);
  return legsIn(rows).map(({ block: at, ...rest }) => ({ ...rest, at }));
}

const LEGS_BEHIND = bothLegs((block, from) =>
  legsSql('$5::bigint', `${block} > $4 AND ${block} <= $5`, from),
);

/** The month after the last one that was dropped, in microseconds; nothing was: 0. */
const KEPT_FROM = `
  SELECT (extract(epoch FROM coalesce(max(month) + interval '1 month', 'epoch')) * 1000000)::bigint
  FROM stream.expired_month WHERE ledger = format('%I.pnl_ledger', current_schema())`;

/**
 * The legs of blocks behind one, up to the highest one passed: for a window that is asked for out
 * of its turn. They were all recorded after that block's time, so they are whole where no month
 * since was dropped.
 */
export async function legsBehind(
  client: Client,
  hi: readonly number[],
  of: { readonly block: number; readonly time: number; readonly passed: number },
): Promise<NonNullable<Cut['legsBehind']>> {
  const kept = await client.query<string[]>({ text: KEPT_FROM, rowMode: 'array' });
  const ranges = { lo: hi.map(() => -1), hi };
  const rows = await ask(client, LEGS_BEHIND, ranges, of.block, of.passed);
  const legs = legsIn(rows).map(({ account, token, amount }) => ({ account, token, amount }));
  return { legs, isWhole: of.time >= Number(kept.rows[0]?.[0]) };
}
