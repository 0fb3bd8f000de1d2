/**
 * The marks of a window: of every token that a partition holds, or has traded since the window's
 * end (it may have held it then), or that its books may hold although their wallet does not: bots
 * against each other, and what was merged, converted, redeemed or sent away since. Beside each, of
 * the other tokens of its market and of all YES tokens of its event (rules B4, B5). Of each token
 * the mark nearest to the window's end; how old it is, its `observed_at` says.
 */

import { isoTime, LEDGER_PARTITIONS } from '@polytraders/contracts';
import { formatPrice, priceE18 } from '@polytraders/money';
import { fixedValue, timeValue } from '@polytraders/runtime';
import type pg from 'pg';
import { type TimeMicros } from '../draft.ts';
import { type JsonRecord } from '../raw.ts';
import { chosen } from '../writer/enrich.ts';
import { type KnownMark } from '../writer/state.ts';

type Mark = NonNullable<ReturnType<typeof chosen>>;

/** A mark, and whether its token, or one that is valued with it, is known to be held. */
type Wanted = { readonly mark: Mark; readonly isHeld: boolean };

type Known = { readonly marks: readonly KnownMark[]; readonly isHeld: boolean };

/** Marks that one record can carry: some 110 bytes each, of a million. */
export const MARKS_MAX = 8_000;

/** A window is closed minutes after its end; where it was days, the first of them are looked at. */
const TRADED_DAYS = 2;

/** Of what only may be held no mark is wanted that is further from the end: markets come and go. */
const MAYBE_DAYS = 2;

const near = (time: string): string =>
  `${time} BETWEEN $1::timestamptz - interval '${String(MAYBE_DAYS)} days' ` +
  `AND $1::timestamptz + interval '${String(MAYBE_DAYS)} days'`;

const IS_NEAR = `(${near('m.observed_at')} OR ${near('m.eve_observed_at')})`;

const OF_WALLETS =
  'SELECT log_partition, token_id, sum(quantity_shares) <> 0 AS is_held, ' +
  'count(only_bot) < count(*) OR min(only_bot) <> max(only_bot) AS is_shared ' +
  'FROM ingest.held_tokens GROUP BY log_partition, account, token_id';

/** Tokens that a mark near the end is of, or of their market or event. */
const REACHED =
  `SELECT m.token_id FROM ingest.mark m WHERE ${IS_NEAR} UNION ` +
  'SELECT o.token_id FROM ingest.mark m JOIN ingest.market_token t USING (token_id) ' +
  `JOIN ingest.market_token o ON o.condition_id = t.condition_id AND o.own WHERE ${IS_NEAR}`;

/** What may be held: few of all tokens ever. Once it was resolved a token is worth its payout. */
const MAYBE =
  'SELECT log_partition, token_id, false FROM of_wallets w WHERE is_shared AND NOT is_held ' +
  'AND token_id IN (SELECT token_id FROM reached) AND NOT EXISTS (' +
  'SELECT FROM ingest.chain_resolution_token t JOIN ingest.chain_resolution r ' +
  'USING (condition_id) WHERE t.token_id = w.token_id ' +
  'AND r.block_time < extract(epoch FROM $1::timestamptz))';

const WANTED =
  `WITH of_wallets AS (${OF_WALLETS}), reached AS MATERIALIZED (${REACHED}), ` +
  `own AS (SELECT log_partition, token_id, is_held FROM of_wallets WHERE is_held UNION ${MAYBE} ` +
  'UNION SELECT log_partition, token_id, true FROM ingest.fill_identity ' +
  `WHERE confirmed_at >= $1 AND confirmed_at < $1 + interval '${String(TRADED_DAYS)} days'), ` +
  'wanted AS (SELECT log_partition, token_id, is_held FROM own UNION ' +
  'SELECT w.log_partition, t.token_id, w.is_held FROM own w ' +
  'JOIN ingest.market_token o ON o.token_id = w.token_id AND o.own ' +
  'JOIN ingest.market_token t ON t.condition_id = o.condition_id), ' +
  'once AS (SELECT log_partition, token_id, bool_or(is_held) AS is_held FROM wanted ' +
  'GROUP BY log_partition, token_id) ' +
  'SELECT w.log_partition, w.is_held::text AS is_held, m.token_id, m.kind, m.price, ' +
  'm.observed_at::text AS observed_at, m.eve_price, m.eve_observed_at::text AS eve_observed_at ' +
  `FROM once w JOIN ingest.mark m USING (token_id) WHERE w.is_held OR ${IS_NEAR}`;

/** What WindowClosed says besides in each partition: marks, and how many found no room. */
export async function marksAt(
  client: pg.ClientBase,
  end: TimeMicros,
): Promise<ReadonlyMap<number, JsonRecord>> {
  const answer = await client.query<Record<string, string | null>>(WANTED, [isoTime(end)]);
  const known = new Map<number, Map<string, Known>>();
  for (const row of answer.rows) {
    const partition = Number(row['log_partition']);
    const tokens = known.get(partition) ?? new Map<string, Known>();
    const token = row['token_id'] ?? '';
    tokens.set(token, {
      marks: [...(tokens.get(token)?.marks ?? []), ...knownOf(row)],
      isHeld: row['is_held'] === 'true',
    });
    known.set(partition, tokens);
  }
  const partitions = Array.from({ length: LEDGER_PARTITIONS }, (_, partition) => partition);
  return new Map(
    partitions.map((partition) => {
      const marks = [...(known.get(partition)?.values() ?? [])].flatMap((all): Wanted[] => {
        const mark = chosen(all.marks, end);
        return mark === null ? [] : [{ mark, isHeld: all.isHeld }];
      });
      return [partition, recordOf(marks, end)];
    }),
  );
}

function knownOf(row: Readonly<Record<string, string | null>>): readonly KnownMark[] {
  const { token_id: tokenId, price, observed_at: at, eve_price: eve, eve_observed_at: eveAt } = row;
  const one = (of: string, seen: string): KnownMark => ({
    tokenId: tokenId ?? '',
    kind: row['kind'] === 'MID' ? 'MID' : 'LAST',
    price: priceE18(fixedValue(of, 18)),
    observedAt: timeValue(seen),
  });
  const latest = price == null || at == null ? [] : [one(price, at)];
  return eve == null || eveAt == null ? latest : [...latest, one(eve, eveAt)];
}

/** Where there is no room for all: what is held first, then what is nearest to the end. */
function recordOf(wanted: readonly Wanted[], end: TimeMicros): JsonRecord {
  const distance = ({ mark }: Wanted): number => Math.abs(end - mark.observed_at);
  const byToken = (a: Wanted, b: Wanted): number => (a.mark.token_id < b.mark.token_id ? -1 : 1);
  const first = [...wanted].sort(
    (a, b) => Number(b.isHeld) - Number(a.isHeld) || distance(a) - distance(b) || byToken(a, b),
  );
  const kept = first.slice(0, MARKS_MAX).sort(byToken);
  return {
    marks: kept.map(({ mark }) => markText(mark)),
    marks_left_out: wanted.length - kept.length,
  };
}

function markText({ token_id, price, kind, observed_at }: Mark): JsonRecord {
  return { token_id, price: formatPrice(price), kind, observed_at: isoTime(observed_at) };
}
