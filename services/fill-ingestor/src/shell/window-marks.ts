/**
 * The marks of a window: of every token that a partition holds, or has traded since the window's
 * end (it may have held it then), of the other tokens of its market, and of all YES tokens of its
 * event (rules B4, B5). Of each token the one nearest to the window's end; how old it is, its
 * `observed_at` says.
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

/** Marks that one record can carry: some 110 bytes each, of a million. */
export const MARKS_MAX = 8_000;

/** A window is closed minutes after its end; where it was days, the first of them are looked at. */
const TRADED_DAYS = 2;

const WANTED =
  'WITH held AS (SELECT log_partition, token_id FROM ingest.held_tokens ' +
  'GROUP BY log_partition, account, token_id HAVING sum(quantity_shares) <> 0 UNION ' +
  'SELECT log_partition, token_id FROM ingest.fill_identity ' +
  `WHERE confirmed_at >= $1 AND confirmed_at < $1 + interval '${String(TRADED_DAYS)} days'), ` +
  'wanted AS (SELECT log_partition, token_id FROM held UNION ' +
  'SELECT h.log_partition, t.token_id FROM held h ' +
  'JOIN ingest.market_token o ON o.token_id = h.token_id AND o.own ' +
  'JOIN ingest.market_token t ON t.condition_id = o.condition_id) ' +
  'SELECT w.log_partition, m.token_id, m.kind, m.price, m.observed_at::text AS observed_at, ' +
  'm.eve_price, m.eve_observed_at::text AS eve_observed_at ' +
  'FROM wanted w JOIN ingest.mark m USING (token_id)';

/** What WindowClosed says besides in each partition: marks, and how many found no room. */
export async function marksAt(
  client: pg.ClientBase,
  end: TimeMicros,
): Promise<ReadonlyMap<number, JsonRecord>> {
  const answer = await client.query<Record<string, string | null>>(WANTED, [isoTime(end)]);
  const known = new Map<number, Map<string, KnownMark[]>>();
  for (const row of answer.rows) {
    const partition = Number(row['log_partition']);
    const tokens = known.get(partition) ?? new Map<string, KnownMark[]>();
    const token = row['token_id'] ?? '';
    tokens.set(token, [...(tokens.get(token) ?? []), ...knownOf(row)]);
    known.set(partition, tokens);
  }
  const partitions = Array.from({ length: LEDGER_PARTITIONS }, (_, partition) => partition);
  return new Map(
    partitions.map((partition) => {
      const marks = [...(known.get(partition)?.values() ?? [])].flatMap((all) => {
        const mark = chosen(all, end);
        return mark === null ? [] : [mark];
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

function recordOf(marks: readonly Mark[], end: TimeMicros): JsonRecord {
  const distance = (mark: Mark): number => Math.abs(end - mark.observed_at);
  const nearest = [...marks].sort(
    (a, b) => distance(a) - distance(b) || (a.token_id < b.token_id ? -1 : 1),
  );
  const kept = nearest.slice(0, MARKS_MAX).sort((a, b) => (a.token_id < b.token_id ? -1 : 1));
  return { marks: kept.map(markText), marks_left_out: marks.length - kept.length };
}

function markText({ token_id, price, kind, observed_at }: Mark): JsonRecord {
  return { token_id, price: formatPrice(price), kind, observed_at: isoTime(observed_at) };
}
