/**
 * What the ledgers of all partitions gained between two cuts, summed by Postgres. Every statement
 * reads ranges of offsets, `lo < offset <= hi` by partition, along the ledger's primary key.
 *
 * Amounts come as integers of 10⁻⁶ in text, so that nothing passes through a float; days are UTC
 * whatever the session says; texts are sorted byte by byte. The same ranges give the same rows.
 */

import type pg from 'pg';
import { type Cut, type LastLine, type Leg, type LineMark, type SumLine } from '../windows/cut.ts';

/** Offsets by partition: after `lo`, up to `hi`. */
export type Ranges = { readonly lo: readonly number[]; readonly hi: readonly number[] };

type Client = Pick<pg.ClientBase, 'query'>;
type Text = string | null;

/** REISSUE publishes a report again and moves nothing. */
const FROM = `
  FROM pnl_ledger l
  JOIN unnest($1::int[], $2::bigint[], $3::bigint[]) AS r (partition, lo, hi)
    ON l.partition = r.partition AND l."offset" > r.lo AND l."offset" <= r.hi
  WHERE l.entry_kind <> 'REISSUE'`;

const DAY = `to_char(l.confirmed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')`;
const IS_FILL = `l.entry_kind IN ('FILL', 'RELEASE', 'REVERSE')`;
const COUNT = `CASE WHEN l.entry_kind = 'REVERSE' THEN -1 ELSE 1 END`;
const SHARES = `
  CASE WHEN l.order_side = 'SELL' THEN -l.quantity_shares ELSE l.quantity_shares END`;
const PAID = `
  CASE l.order_side WHEN 'BUY' THEN l.size_pusd WHEN 'SELL' THEN -l.size_pusd ELSE 0 END`;
const BASIS = `
  CASE WHEN l.cost_basis_before_pusd IS NOT NULL THEN l.cost_basis_pusd - l.cost_basis_before_pusd
       ELSE coalesce(${PAID}, 0) + coalesce(l.realised_pnl_pusd, 0)
            + coalesce(l.unknown_basis_pusd, 0) END`;
/** The pUSD that a wallet had when its books began: a balance that counts as a leg of its block. */
const IS_OPENING = `l.entry_kind = 'OPENING' AND l.token_id IS NULL`;
const CASH = `CASE WHEN ${IS_OPENING} THEN l.size_pusd ELSE l.cash_pusd END`;
const BLOCK = `CASE WHEN ${IS_OPENING} THEN coalesce(l.block_number, 0) ELSE l.block_number END`;

function micros(sum: string): string {
  return `(coalesce(${sum}, 0) * 1000000)::numeric(60,0)`;
}

function taken(amount: string): string {
  return micros(`sum(${amount}) FILTER (WHERE NOT l.quarantined)`);
}

const SUMS = `
  SELECT ${DAY}, l.account, l.trading_bot_id, l.token_id, l.condition_id, l.builder_code,
    coalesce(sum(${COUNT}) FILTER (WHERE ${IS_FILL} AND NOT l.quarantined), 0),
    coalesce(sum(${COUNT}) FILTER (
      WHERE ${IS_FILL} AND NOT l.quarantined AND l.fee_source = 'DECLARED'), 0),
    coalesce(sum(${COUNT}) FILTER (WHERE ${IS_FILL} AND l.quarantined), 0),
    ${micros(`sum(l.size_pusd) FILTER (WHERE ${IS_FILL} AND NOT l.quarantined)`)},
    ${taken('l.realised_pnl_pusd')}, ${taken('l.gross_fee_pusd')},
    ${taken('l.maker_rebate_pusd')},
    ${micros(`sum(l.cash_pusd) FILTER (
      WHERE l.entry_kind = 'CASH' AND l.detail = 'MAKER_REBATE' AND NOT l.quarantined)`)},
    ${taken('l.net_fee_pusd')},
    ${micros('sum(l.cash_pusd) FILTER (WHERE l.block_number IS NULL)')},
    ${taken(SHARES)}, ${taken(BASIS)}
  ${FROM}
  GROUP BY 1, 2, 3, 4, 5, 6
  ORDER BY ${DAY} COLLATE "C", l.account COLLATE "C", l.trading_bot_id COLLATE "C",
    l.token_id COLLATE "C", l.condition_id COLLATE "C", l.builder_code COLLATE "C"`;

export async function sumsOf(client: Client, ranges: Ranges): Promise<readonly SumLine[]> {
  const rows = await ask(client, SUMS, ranges);
  return rows.map((row): SumLine => {
    const amount = (at: number): bigint => BigInt(row[at] ?? '0');
    return {
      day: row[0] ?? '',
      account: row[1] ?? '',
      bot: row[2] ?? '',
      token: row[3] ?? null,
      condition: row[4] ?? null,
      builder: row[5] ?? null,
      fills: Number(row[6]),
      declared: Number(row[7]),
      quarantined: Number(row[8]),
      volume: amount(9),
      realised: amount(10),
      grossFees: amount(11),
      rebates: amount(12),
      received: amount(13),
      netFees: amount(14),
      unsettled: amount(15),
      shares: amount(16),
      basis: amount(17),
    };
  });
}

const LAST_LINES = `
  SELECT DISTINCT ON (l.account COLLATE "C", l.trading_bot_id COLLATE "C", l.token_id COLLATE "C")
    l.account, l.trading_bot_id, l.token_id, l.neg_risk::text,
    min(${DAY}) OVER (PARTITION BY l.account, l.trading_bot_id, l.token_id),
    to_json(l.incomplete_reasons)::text,
    ('GOV_BASIS_UNKNOWN' = ANY (l.reason_codes))::text
  ${FROM} AND l.token_id IS NOT NULL
  ORDER BY l.account COLLATE "C", l.trading_bot_id COLLATE "C", l.token_id COLLATE "C",
    l."offset" DESC, l.line DESC`;

export async function lastLinesOf(client: Client, ranges: Ranges): Promise<readonly LastLine[]> {
  const rows = await ask(client, LAST_LINES, ranges);
  return rows.map(([account, bot, token, negRisk, since, reasons, unknown]): LastLine => ({
    account: account ?? '',
    bot: bot ?? '',
    token: token ?? '',
    negRisk: negRisk === null || negRisk === undefined ? null : negRisk === 'true',
    since: since ?? '',
    reasons: JSON.parse(reasons ?? '[]') as readonly string[],
    basisUnknown: unknown === 'true',
  }));
}

/** Cash and shares of live wallets by block; shares of lines that are set aside are in no lot. */
function legsSql(from: string): string {
  return `
  SELECT l.account, ${BLOCK}, NULL AS token, ${micros(`sum(${CASH})`)} AS amount
  ${from} AND ${BLOCK} IS NOT NULL AND NOT starts_with(l.account, 'paper:')
  GROUP BY 1, 2
  UNION ALL
  SELECT l.account, l.block_number, l.token_id, ${taken(SHARES)}
  ${from} AND l.block_number IS NOT NULL AND l.token_id IS NOT NULL
    AND NOT starts_with(l.account, 'paper:')
  GROUP BY 1, 2, 3`;
}

const LEGS = `
  SELECT account, block, token, amount
  FROM (${legsSql(FROM)}) AS legs (account, block, token, amount)
  WHERE amount <> 0 ORDER BY account COLLATE "C", block, token COLLATE "C" NULLS FIRST`;

export async function legsOf(client: Client, ranges: Ranges): Promise<readonly Leg[]> {
  const rows = await ask(client, LEGS, ranges);
  return rows.map(([account, block, token, amount]) => ({
    account: account ?? '',
    block: Number(block),
    token: token ?? null,
    amount: BigInt(amount ?? '0'),
  }));
}

const LEGS_TO_BLOCK = `
  SELECT account, token, sum(amount)
  FROM (${legsSql(FROM)}) AS legs (account, block, token, amount)
  WHERE block <= $4 GROUP BY 1, 2 HAVING sum(amount) <> 0
  ORDER BY account COLLATE "C", token COLLATE "C" NULLS FIRST`;

/** All legs up to a block, since the beginning: for a window that is asked for out of its turn. */
export async function legsToBlock(
  client: Client,
  hi: readonly number[],
  block: number,
): Promise<NonNullable<Cut['legsToBlock']>> {
  const rows = await ask(client, LEGS_TO_BLOCK, { lo: hi.map(() => -1), hi }, block);
  return rows.map(([account, token, amount]) => ({
    account: account ?? '',
    token: token ?? null,
    amount: BigInt(amount ?? '0'),
  }));
}

/** The newest mark of a token by day; of two at one moment the higher price. */
const MARKS = `
  SELECT DISTINCT ON (l.token_id COLLATE "C", ${DAY} COLLATE "C")
    l.token_id, ${DAY}, (l.mark_price * 1000000000000000000)::numeric(60,0),
    (extract(epoch FROM l.confirmed_at) * 1000000)::bigint - l.mark_age_ms * 1000
  ${FROM} AND l.entry_kind = 'FILL' AND l.token_id IS NOT NULL AND l.mark_price IS NOT NULL
    AND l.mark_age_ms IS NOT NULL AND l.mark_kind IS DISTINCT FROM 'PAYOUT'
  ORDER BY l.token_id COLLATE "C", ${DAY} COLLATE "C", 4 DESC, 3 DESC`;

export async function marksOf(client: Client, ranges: Ranges): Promise<readonly LineMark[]> {
  const rows = await ask(client, MARKS, ranges);
  return rows.map(([token, day, price, observedAt]) => ({
    token: token ?? '',
    day: day ?? '',
    price: BigInt(price ?? '0'),
    observedAt: Number(observedAt),
  }));
}

const FACTS = `
  SELECT f.payload FROM window_facts f
  JOIN unnest($1::int[], $2::bigint[], $3::bigint[]) AS r (partition, lo, hi)
    ON f.partition = r.partition::text AND f."offset" > r.lo AND f."offset" <= r.hi
  ORDER BY f.recorded_at, f.partition::int, f."offset", f.event_id COLLATE "C"`;

/** Payloads of the facts of the ranges, in the order in which they were recorded. */
export async function factsOf(client: Client, ranges: Ranges): Promise<readonly string[]> {
  const rows = await ask(client, FACTS, ranges);
  return rows.map(([payload]) => payload ?? '');
}

async function ask(
  client: Client,
  sql: string,
  { lo, hi }: Ranges,
  ...more: readonly number[]
): Promise<readonly (readonly Text[])[]> {
  const answer = await client.query<Text[]>({
    text: sql,
    values: [
      `{${hi.map((_, at) => at).join(',')}}`,
      `{${lo.join(',')}}`,
      `{${hi.join(',')}}`,
      ...more,
    ],
    rowMode: 'array',
  } as never);
  return answer.rows;
}
