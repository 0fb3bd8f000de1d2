/**
 * What the ledgers of all partitions gained between two cuts, summed by Postgres. Every statement
 * reads ranges of offsets, `lo < offset <= hi` by partition, along the ledger's primary key.
 *
 * Amounts come as integers of 10⁻⁶ in text, so that nothing passes through a float; days are UTC
 * whatever the session says; texts are sorted byte by byte. The same ranges give the same rows.
 */

import type pg from 'pg';
import { SET_ASIDE } from '../review/release.ts';
import { type LastLine, type LineMark, type SumLine } from '../windows/cut.ts';

/** Offsets by partition: after `lo`, up to `hi`. */
export type Ranges = { readonly lo: readonly number[]; readonly hi: readonly number[] };

/** One range may hold a whole ledger: a rebuild of a log whose first window closes late. */
export const rangeMs = 600_000;

export type Client = Pick<pg.ClientBase, 'query'>;
export type Text = string | null;

/** REISSUE publishes a report again and moves nothing. */
export const FROM = `
  FROM pnl_ledger l
  JOIN unnest($1::int[], $2::bigint[], $3::bigint[]) AS r (partition, lo, hi)
    ON l.partition = r.partition AND l."offset" > r.lo AND l."offset" <= r.hi
  WHERE l.entry_kind <> 'REISSUE'`;

const DAY = `(l.confirmed_at AT TIME ZONE 'UTC')::date`;
const IS_FILL = `l.entry_kind IN ('FILL', 'RELEASE', 'REVERSE')`;
const COUNT = `CASE WHEN l.entry_kind = 'REVERSE' THEN -1 ELSE 1 END`;
export const SHARES = `
  CASE WHEN l.order_side = 'SELL' THEN -l.quantity_shares ELSE l.quantity_shares END`;
const PAID = `
  CASE l.order_side WHEN 'BUY' THEN l.size_pusd WHEN 'SELL' THEN -l.size_pusd ELSE 0 END`;
const BASIS = `
  CASE WHEN l.cost_basis_before_pusd IS NOT NULL THEN l.cost_basis_pusd - l.cost_basis_before_pusd
       ELSE coalesce(${PAID}, 0) + coalesce(l.realised_pnl_pusd, 0)
            + coalesce(l.unknown_basis_pusd, 0) END`;

/**
 * Lines that name no block and whose transaction was placed (rule B13), once line and place have
 * both come: `placed_block` is theirs. Found by the place where it came last, else by the line. Of
 * two places of one transaction the first holds.
 */
export const FROM_PLACED = `
  FROM (
    SELECT l.*, p.block_number AS placed_block
      FROM unnest($1::int[], $2::bigint[], $3::bigint[]) AS r (partition, lo, hi)
      JOIN window_places p
        ON p.partition = r.partition::text AND p."offset" > r.lo AND p."offset" <= r.hi
      JOIN pnl_ledger l ON l.tx_hash = p.tx_hash AND l.block_number IS NULL
       AND l.partition = r.partition AND l.account = p.account AND l."offset" <= r.hi
     WHERE ${isFirstPlace('p')}
    UNION ALL
    SELECT l.*, p.block_number
      FROM unnest($1::int[], $2::bigint[], $3::bigint[]) AS r (partition, lo, hi)
      JOIN pnl_ledger l ON l.partition = r.partition AND l."offset" > r.lo AND l."offset" <= r.hi
       AND l.block_number IS NULL AND l.tx_hash IS NOT NULL
      JOIN window_places p ON p.partition = l.partition::text AND p.account = l.account
       AND p.tx_hash = l.tx_hash AND p."offset" <= r.lo
     WHERE ${isFirstPlace('p')}) l
  WHERE l.entry_kind NOT IN ('REISSUE', 'OPENING')`;

function isFirstPlace(place: string): string {
  return `NOT EXISTS (SELECT 1 FROM window_places f WHERE f.partition = ${place}.partition
    AND f.account = ${place}.account AND f.tx_hash = ${place}.tx_hash
    AND f."offset" < ${place}."offset")`;
}

export function micros(sum: string): string {
  return `(coalesce(${sum}, 0) * 1000000)::numeric(60,0)`;
}

export function taken(amount: string): string {
  return micros(`sum(${amount}) FILTER (WHERE NOT l.quarantined)`);
}

const SUMS = `
  SELECT to_char(${DAY}, 'YYYY-MM-DD'), l.account, l.trading_bot_id, l.token_id, l.condition_id,
    l.builder_code,
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
  GROUP BY ${DAY}, 2, 3, 4, 5, 6
  ORDER BY ${DAY}, l.account COLLATE "C", l.trading_bot_id COLLATE "C",
    l.token_id COLLATE "C", l.condition_id COLLATE "C", l.builder_code COLLATE "C"`;

/** What was said to be without a block, and has one now. */
const SETTLED = `
  SELECT to_char(${DAY}, 'YYYY-MM-DD'), l.account, l.trading_bot_id, l.token_id, l.condition_id,
    l.builder_code, 0, 0, 0, 0, 0, 0, 0, 0, 0, ${micros('-sum(l.cash_pusd)')}, 0, 0
  ${FROM_PLACED}
  GROUP BY ${DAY}, 2, 3, 4, 5, 6
  ORDER BY ${DAY}, l.account COLLATE "C", l.trading_bot_id COLLATE "C",
    l.token_id COLLATE "C", l.condition_id COLLATE "C", l.builder_code COLLATE "C"`;

export async function sumsOf(client: Client, ranges: Ranges): Promise<readonly SumLine[]> {
  const rows = [...(await ask(client, SUMS, ranges)), ...(await ask(client, SETTLED, ranges))];
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

/** A book keeps it for good, once it had a lot without a known basis. */
const BASIS_UNKNOWN = 'GOV_BASIS_UNKNOWN';

/** An open lot without a known basis is left by a line: its book has shares and no average. */
const IS_UNKNOWN = 'l.position_shares <> 0 AND l.avg_cost IS NULL';

/** The last line of a book is found by its offset, and read along the key: books are few. */
const LAST_LINES = `
  WITH books AS (
    SELECT l.partition, l.account, l.trading_bot_id, l.token_id, max(l."offset") AS last,
      min(${DAY}) AS since, bool_or(${IS_UNKNOWN}) AS is_doubted
    ${FROM} AND l.token_id IS NOT NULL
    GROUP BY 1, 2, 3, 4)
  SELECT DISTINCT ON (b.account COLLATE "C", b.trading_bot_id COLLATE "C", b.token_id COLLATE "C")
    b.account, b.trading_bot_id, b.token_id, l.neg_risk::text, to_char(b.since, 'YYYY-MM-DD'),
    to_json(l.incomplete_reasons)::text, (${IS_UNKNOWN})::text, b.is_doubted::text
  FROM books b
  JOIN pnl_ledger l ON l.partition = b.partition AND l."offset" = b.last
    AND l.account = b.account AND l.trading_bot_id = b.trading_bot_id
    AND l.token_id = b.token_id AND l.entry_kind <> 'REISSUE'
  ORDER BY b.account COLLATE "C", b.trading_bot_id COLLATE "C", b.token_id COLLATE "C",
    l.line DESC`;

export async function lastLinesOf(client: Client, ranges: Ranges): Promise<readonly LastLine[]> {
  const rows = await ask(client, LAST_LINES, ranges);
  const doubts = await doubtsOf(
    client,
    ranges,
    rows.filter((row) => row[7] === 'true' || row[5]?.includes(BASIS_UNKNOWN)),
  );
  const days = await reasonDaysOf(
    client,
    ranges,
    rows.filter((row) => row[5] !== '[]'),
  );
  return rows.map(([account, bot, token, negRisk, since, reasons, unknown]): LastLine => {
    const book = `${account ?? ''}|${bot ?? ''}|${token ?? ''}`;
    const said = JSON.parse(reasons ?? '[]') as readonly string[];
    return {
      account: account ?? '',
      bot: bot ?? '',
      token: token ?? '',
      negRisk: negRisk === null || negRisk === undefined ? null : negRisk === 'true',
      since: since ?? '',
      reasons: said.map((one) => [one, days.get(`${book}|${one}`) ?? null]),
      basisUnknown: unknown === 'true',
      doubts: doubts.get(book) ?? [],
    };
  });
}

const REASON_DAYS = `
  SELECT account, trading_bot_id, token_id, reason, to_char(min(day), 'YYYY-MM-DD')
  FROM (
    SELECT l.account, l.trading_bot_id, l.token_id, unnest(l.incomplete_reasons) AS reason,
      ${DAY} AS day, l.entry_kind = 'FILL' AND l.quarantined AS is_aside
    ${FROM} AND (l.account, l.trading_bot_id, l.token_id) IN (
      SELECT * FROM unnest($4::text[], $5::text[], $6::text[]))) said
  WHERE reason <> '${SET_ASIDE}' OR is_aside
  GROUP BY 1, 2, 3, 4`;

/** Of books whose numbers cannot be relied on: the earliest day of a line that says so. */
async function reasonDaysOf(
  client: Client,
  ranges: Ranges,
  books: readonly (readonly Text[])[],
): Promise<ReadonlyMap<string, string>> {
  if (books.length === 0) return new Map();
  const names = [0, 1, 2].map((at) => books.map((row) => row[at] ?? ''));
  const rows = await ask(client, REASON_DAYS, ranges, ...names);
  return new Map(rows.map((row) => [row.slice(0, 4).join('|'), row[4] ?? '']));
}

const DOUBTS = `
  WITH lines AS (
    SELECT l.account, l.trading_bot_id, l.token_id, ${DAY} AS day,
      coalesce(${IS_UNKNOWN}, false) AS is_unknown,
      row_number() OVER (PARTITION BY l.account, l.trading_bot_id, l.token_id
        ORDER BY l."offset", l.line) AS at
    ${FROM} AND (l.account, l.trading_bot_id, l.token_id) IN (
      SELECT * FROM unnest($4::text[], $5::text[], $6::text[]))),
  runs AS (
    SELECT *, at - row_number() OVER (
      PARTITION BY account, trading_bot_id, token_id, is_unknown ORDER BY at) AS run
    FROM lines)
  SELECT account, trading_bot_id, token_id,
    to_char(CASE WHEN is_unknown THEN min(day) ELSE (array_agg(day ORDER BY at))[1] END,
      'YYYY-MM-DD'),
    is_unknown::text
  FROM runs GROUP BY account, trading_bot_id, token_id, is_unknown, run
  ORDER BY account COLLATE "C", trading_bot_id COLLATE "C", token_id COLLATE "C", min(at)`;

/** Of books whose basis is, or was, not known: whether it is, run by run of lines. */
async function doubtsOf(
  client: Client,
  ranges: Ranges,
  books: readonly (readonly Text[])[],
): Promise<ReadonlyMap<string, LastLine['doubts']>> {
  const doubts = new Map<string, LastLine['doubts']>();
  if (books.length === 0) return doubts;
  const names = [0, 1, 2].map((at) => books.map((row) => row[at] ?? ''));
  for (const [account, bot, token, day, unknown] of await ask(client, DOUBTS, ranges, ...names)) {
    const key = `${account ?? ''}|${bot ?? ''}|${token ?? ''}`;
    doubts.set(key, [...(doubts.get(key) ?? []), [day ?? '', unknown === 'true']]);
  }
  return doubts;
}

/** Prices are below it: one number has time, kind and price, in this order. */
const PRICE_ROOM = 10n ** 20n;
const KIND_ROOM = 10n;
const KINDS = ['REPORTED', 'LAST', 'MID'] as const;
/** The mark of a line; where its payout stands in its place, the one that is carried beside it. */
const IS_BESIDE = 'l.carried_mark IS NOT NULL';
const KIND = `
  CASE CASE WHEN ${IS_BESIDE} THEN split_part(l.carried_mark, ' ', 1) ELSE l.mark_kind END
    WHEN 'MID' THEN 2 WHEN 'LAST' THEN 1 ELSE 0 END`;
const PRICE = `
  CASE WHEN ${IS_BESIDE} THEN split_part(l.carried_mark, ' ', 2)::numeric ELSE l.mark_price END`;
/** Null where nobody knows: then it was by the time of its fill. */
const SEEN = `
  CASE WHEN ${IS_BESIDE} THEN nullif(split_part(l.carried_mark, ' ', 3), '')::bigint
    ELSE (extract(epoch FROM l.mark_observed_at) * 1000000)::bigint END`;
const OBSERVED = `coalesce(${SEEN}, (extract(epoch FROM l.confirmed_at) * 1000000)::bigint)`;
const OBSERVED_DAY = `div((${OBSERVED})::numeric, 86400000000)`;

/**
 * The newest mark of a token by the day it was observed on, those of unknown age apart; of two at
 * one moment a mid before a last trade, then the higher price.
 */
const MARKS = `
  SELECT l.token_id, ((${SEEN}) IS NOT NULL)::text,
    max(((${OBSERVED})::numeric * ${KIND_ROOM.toString()} + ${KIND}) * ${PRICE_ROOM.toString()}
        + (${PRICE} * 1000000000000000000)::numeric(40,0))
  ${FROM} AND l.entry_kind = 'FILL' AND l.token_id IS NOT NULL AND l.mark_price IS NOT NULL
    AND (l.mark_kind IS DISTINCT FROM 'PAYOUT' OR ${IS_BESIDE})
  GROUP BY 1, 2, ${OBSERVED_DAY} ORDER BY l.token_id COLLATE "C", 2, ${OBSERVED_DAY}`;

export async function marksOf(client: Client, ranges: Ranges): Promise<readonly LineMark[]> {
  const rows = await ask(client, MARKS, ranges);
  return rows.map(([token, aged, all]) => {
    const mark = BigInt(all ?? '0');
    const timeAndKind = mark / PRICE_ROOM;
    return {
      token: token ?? '',
      kind: KINDS[Number(timeAndKind % KIND_ROOM)] ?? 'REPORTED',
      isAged: aged === 'true',
      price: mark % PRICE_ROOM,
      observedAt: Number(timeAndKind / KIND_ROOM),
    };
  });
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

export async function ask(
  client: Client,
  sql: string,
  { lo, hi }: Ranges,
  ...more: readonly (number | readonly string[])[]
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
    query_timeout: rangeMs,
  } as never);
  return answer.rows;
}
