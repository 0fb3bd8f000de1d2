/**
 * Market data as it is now: the latest mark of each kind and token, and the latest definition of
 * each market. What a fill carries of it is captured by the writer; here nothing is history.
 */

import { isoTime, type MarketDefinition, type MarkObserved, toJson } from '@polytraders/contracts';
import { dateOfTime } from '@polytraders/domain';
import { columnLiteral } from '@polytraders/runtime';
import type pg from 'pg';
import { type TimeMicros } from '../draft.ts';
import { sha256 } from '../identity.ts';

/**
 * Notes marks; an older one than the known one of its kind changes nothing. A known one that is
 * later than `now` came from a clock that is ahead, and gives way to whatever comes. Beside the
 * latest one stands the last one of the days before it: windows end at midnight, and are closed
 * when it has long been followed by others.
 */
export async function noteMarks(
  client: pg.ClientBase,
  marks: readonly MarkObserved[],
  now: TimeMicros,
): Promise<void> {
  const rows = [...latestOf(marks).values()];
  if (rows.length === 0) return;
  await client.query(
    'INSERT INTO ingest.mark AS m (token_id, kind, price, observed_at, eve_price, ' +
      'eve_observed_at) SELECT * FROM unnest($1::text[], $2::text[], $3::numeric[], ' +
      '$4::timestamptz[], $6::numeric[], $7::timestamptz[]) ORDER BY 1, 2 ' +
      'ON CONFLICT (token_id, kind) DO UPDATE SET price = EXCLUDED.price, observed_at = ' +
      `EXCLUDED.observed_at, (eve_price, eve_observed_at) = (${EVE}) ` +
      'WHERE m.observed_at <= EXCLUDED.observed_at OR m.observed_at > $5::timestamptz',
    [
      columnLiteral(
        'text',
        rows.map((row) => row.token_id),
      ),
      columnLiteral(
        'text',
        rows.map((row) => row.kind),
      ),
      columnLiteral(
        'price',
        rows.map((row) => row.price),
      ),
      columnLiteral(
        'time',
        rows.map((row) => row.observed_at),
      ),
      isoTime(now),
      columnLiteral(
        'price',
        rows.map((row) => row.eve?.price ?? null),
      ),
      columnLiteral(
        'time',
        rows.map((row) => row.eve?.observed_at ?? null),
      ),
    ],
  );
}

/** The latest before the day of the new mark: what came with it, or what is known. */
const EVE =
  'SELECT v.price, v.at FROM (VALUES (EXCLUDED.eve_price, EXCLUDED.eve_observed_at), ' +
  '(m.price, m.observed_at), (m.eve_price, m.eve_observed_at)) AS v (price, at) ' +
  "WHERE v.at < date_trunc('day', EXCLUDED.observed_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' " +
  'UNION ALL SELECT NULL, NULL ORDER BY 2 DESC NULLS LAST LIMIT 1';

type LatestMark = MarkObserved & { readonly eve: MarkObserved | null };

/** The latest mark of each token and kind, and of those before its day the latest. */
function latestOf(marks: readonly MarkObserved[]): ReadonlyMap<string, LatestMark> {
  const latest = new Map<string, LatestMark>();
  const inTime = [...marks].sort((a, b) => a.observed_at - b.observed_at);
  for (const mark of inTime) {
    const key = `${mark.token_id}|${mark.kind}`;
    const known = latest.get(key);
    const isAnotherDay =
      known !== undefined && dateOfTime(known.observed_at) !== dateOfTime(mark.observed_at);
    latest.set(key, { ...mark, eve: isAnotherDay ? known : (known?.eve ?? null) });
  }
  return latest;
}

/** A market whose definition says another status than before. */
export type StatusChange = {
  readonly conditionId: string;
  readonly status: 'OPEN' | 'CLOSED' | 'PROPOSED' | 'DISPUTED';
};

/**
 * Notes definitions; the last one of a condition stands. Answers which markets that the ledger has
 * used have changed their status: that they are resolved, the chain alone says.
 */
export async function noteDefinitions(
  client: pg.ClientBase,
  definitions: readonly MarketDefinition[],
): Promise<readonly StatusChange[]> {
  const latest = new Map(definitions.map((definition) => [definition.condition_id, definition]));
  const rows = [...latest.values()].sort((a, b) => (a.condition_id < b.condition_id ? -1 : 1));
  if (rows.length === 0) return [];
  const changed = await changesOf(client, rows);
  const texts = rows.map((row) => JSON.stringify(toJson('MarketDefinition', row)));
  const conditions = columnLiteral(
    'text',
    rows.map((row) => row.condition_id),
  );
  await client.query(
    'INSERT INTO ingest.market_definition (condition_id, definition, definition_hash, ' +
      'neg_risk_market_id, questions) SELECT * FROM unnest($1::text[], $2::text[], $3::text[], ' +
      '$4::text[], $5::int[]) ' +
      'ON CONFLICT (condition_id) DO UPDATE SET definition = EXCLUDED.definition, ' +
      'definition_hash = EXCLUDED.definition_hash, ' +
      'neg_risk_market_id = EXCLUDED.neg_risk_market_id, questions = EXCLUDED.questions',
    [
      conditions,
      columnLiteral('text', texts),
      columnLiteral(
        'text',
        texts.map((text) => sha256(text)),
      ),
      columnLiteral(
        'text',
        rows.map((row) => row.neg_risk_market_id),
      ),
      columnLiteral(
        'int',
        rows.map((row) => row.questions.length),
      ),
    ],
  );
  await noteTokens(client, conditions, rows);
  return changed;
}

async function changesOf(
  client: pg.ClientBase,
  rows: readonly MarketDefinition[],
): Promise<readonly StatusChange[]> {
  const column = (of: (row: MarketDefinition) => string): string =>
    columnLiteral('text', rows.map(of));
  // An unknown market is taken to be open, as the log takes it.
  const changed = await client.query<{ condition_id: string; status: string }>(
    'SELECT n.condition_id, n.status ' +
      'FROM unnest($1::text[], $2::text[]) AS n (condition_id, status) ' +
      'LEFT JOIN ingest.market_definition AS d USING (condition_id) ' +
      "WHERE n.status <> 'RESOLVED' " +
      "AND n.status <> coalesce(d.definition::jsonb ->> 'status', 'OPEN') " +
      'AND EXISTS (SELECT 1 FROM ingest.market_on_log AS m WHERE m.place = n.condition_id) ' +
      'ORDER BY 1',
    [column((row) => row.condition_id), column((row) => row.status)],
  );
  return changed.rows.map((row) => ({
    conditionId: row.condition_id,
    status: row.status as StatusChange['status'],
  }));
}

async function noteTokens(
  client: pg.ClientBase,
  conditions: string,
  rows: readonly MarketDefinition[],
): Promise<void> {
  const tokens = rows.flatMap(tokensOf);
  await client.query('DELETE FROM ingest.market_token WHERE condition_id = ANY($1::text[])', [
    conditions,
  ]);
  await client.query(
    'INSERT INTO ingest.market_token (condition_id, token_id, own) SELECT * FROM ' +
      'unnest($1::text[], $2::text[], $3::bool[])',
    [
      columnLiteral(
        'text',
        tokens.map((token) => token.condition),
      ),
      columnLiteral(
        'text',
        tokens.map((token) => token.id),
      ),
      columnLiteral(
        'bool',
        tokens.map((token) => token.own),
      ),
    ],
  );
}

/** The market's own tokens and the YES tokens of the other questions of its event, each once. */
function tokensOf(definition: MarketDefinition) {
  const condition = definition.condition_id;
  const own = new Set(definition.tokens.map((token) => token.token_id));
  const others = new Set(
    definition.questions.map((question) => question.yes_token_id).filter((id) => !own.has(id)),
  );
  return [
    ...[...own].map((id) => ({ condition, id, own: true })),
    ...[...others].map((id) => ({ condition, id, own: false })),
  ];
}
