/**
 * Tokens that the ledger knows, and transfers of those that it does not: kept apart, and told once
 * the token is known.
 */

import { columnLiteral } from '@polytraders/runtime';
import type pg from 'pg';
import { type JsonRecord, type JsonText, type RawInput } from '../raw.ts';
import { type WalletInput } from '../sources/chain/transaction-inputs.ts';

type Queries = Pick<pg.Pool, 'query'>;

const IS_KNOWN =
  'EXISTS (SELECT 1 FROM ingest.chain_token c WHERE c.token_id = t.id) ' +
  'OR EXISTS (SELECT 1 FROM ingest.market_token m WHERE m.token_id = t.id AND m.own) ' +
  'OR EXISTS (SELECT 1 FROM ingest.orders o WHERE o.token_id = t.id) ' +
  'OR EXISTS (SELECT 1 FROM ingest.held_tokens h WHERE h.token_id = t.id) ' +
  "OR EXISTS (SELECT 1 FROM ingest.market_on_log l WHERE l.place = 'token:' || t.id) " +
  'OR EXISTS (SELECT 1 FROM ingest.chain_resolution_token x JOIN ingest.chain_resolution r ' +
  'USING (condition_id) WHERE x.token_id = t.id AND r.told)';

/** Those of the tokens that the ledger knows: defined, ordered, held, traded, or resolved. */
export async function knownTokens(
  database: Queries,
  tokens: readonly string[],
): Promise<ReadonlySet<string>> {
  if (tokens.length === 0) return new Set();
  const answer = await database.query<{ id: string }>(
    `SELECT t.id FROM unnest($1::text[]) AS t (id) WHERE ${IS_KNOWN}`,
    [columnLiteral('text', [...new Set(tokens)])],
  );
  return new Set(answer.rows.map(({ id }) => id));
}

/** Remembers tokens that wallets of ours have traded or acted on. */
export async function noteTokens(client: Queries, tokens: readonly string[]): Promise<void> {
  if (tokens.length === 0) return;
  await client.query(
    'INSERT INTO ingest.chain_token (token_id) SELECT * FROM unnest($1::text[]) ' +
      'ON CONFLICT DO NOTHING',
    [columnLiteral('text', tokens)],
  );
}

/** Keeps transfers of tokens that are not known, each once. Answers how many are new. */
export async function keepForeign(
  client: Queries,
  source: string,
  inputs: readonly WalletInput[],
): Promise<number> {
  if (inputs.length === 0) return 0;
  const values = inputs.map(({ account, position, raw }): JsonRecord => {
    const value = raw.format === 'movement' ? raw.value : {};
    return { ...value, account, position, raw: JSON.stringify(raw) };
  });
  const column = (name: string) =>
    columnLiteral(
      'text',
      values.map((value) => textOf(value[name])),
    );
  const kept = await client.query(
    'INSERT INTO ingest.chain_foreign (source, place, account, token_id, direction, ' +
      'counterparty, quantity_shares, tx_hash, block_number, input) ' +
      'SELECT $1, x.p, x.a, x.t, x.d, x.c, x.q::numeric, x.h, x.b::bigint, x.i ' +
      'FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], ' +
      '$8::text[], $9::text[], $10::text[]) AS x (p, a, t, d, c, q, h, b, i) ' +
      'ON CONFLICT DO NOTHING',
    [
      source,
      column('position'),
      column('account'),
      column('token_id'),
      column('direction'),
      column('counterparty'),
      column('quantity_shares'),
      column('tx_hash'),
      column('block_number'),
      column('raw'),
    ],
  );
  return kept.rowCount ?? 0;
}

function textOf(value: JsonText | undefined): string {
  return typeof value === 'number' ? value.toFixed(0) : typeof value === 'string' ? value : '';
}

/** What is kept of tokens that are known now, in the order of the chain; it is kept no more. */
export async function releaseForeign(
  client: Queries,
  source: string,
  tokens: readonly string[],
): Promise<readonly WalletInput[]> {
  if (tokens.length === 0) return [];
  const released = await client.query<Record<string, string>>(
    "UPDATE ingest.chain_foreign SET outcome = 'TOLD' WHERE source = $1 AND outcome IS NULL " +
      'AND token_id = ANY($2::text[]) RETURNING place, account, block_number, input',
    [source, columnLiteral('text', [...new Set(tokens)])],
  );
  const rows = released.rows.map((row) => {
    const raw = JSON.parse(row['input'] ?? '{}') as Extract<RawInput, { format: 'movement' }>;
    const { log_index: index = null } = raw.value;
    return {
      block: Number(row['block_number']),
      index: typeof index === 'number' ? index : 0,
      input: {
        account: row['account'] ?? '',
        position: row['place'] ?? '',
        raw,
        text: JSON.stringify({ type: raw.type, ...raw.value }),
      },
    };
  });
  return rows.sort((a, b) => a.block - b.block || a.index - b.index).map(({ input }) => input);
}

/** Transfers that turned out to be a part of something that is told are kept no more. How many? */
export async function explainForeign(
  client: Queries,
  source: string,
  places: readonly string[],
): Promise<number> {
  if (places.length === 0) return 0;
  const explained = await client.query(
    "UPDATE ingest.chain_foreign SET outcome = 'EXPLAINED' WHERE source = $1 AND outcome IS NULL " +
      'AND place = ANY($2::text[])',
    [source, columnLiteral('text', places)],
  );
  return explained.rowCount ?? 0;
}

/** Places of the transfers of some transactions that were kept, by transaction and account. */
export async function keptIn(
  database: Queries,
  source: string,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (hashes.length === 0) return new Map();
  const answer = await database.query<{ wallet: string; place: string }>(
    "SELECT tx_hash || '/' || account AS wallet, place FROM ingest.chain_foreign " +
      "WHERE source = $1 AND tx_hash = ANY($2::text[]) AND outcome IS DISTINCT FROM 'EXPLAINED'",
    [source, columnLiteral('text', hashes)],
  );
  const kept = new Map<string, string[]>();
  for (const { wallet, place } of answer.rows) {
    kept.set(wallet, [...(kept.get(wallet) ?? []), place]);
  }
  return kept;
}

/** The next tokens in order of id of which transfers are kept. */
export async function foreignAfter(
  database: Queries,
  source: string,
  token: string,
  most: number,
): Promise<readonly string[]> {
  const answer = await database.query<{ token_id: string }>(
    'SELECT DISTINCT token_id FROM ingest.chain_foreign WHERE source = $1 AND outcome IS NULL ' +
      'AND token_id > $2 ORDER BY token_id LIMIT $3::int',
    [source, token, most],
  );
  return answer.rows.map((row) => row.token_id);
}

/** How many transfers are kept. */
export async function foreignCount(database: Queries, source: string): Promise<number> {
  const answer = await database.query<{ kept: string }>(
    'SELECT count(*) AS kept FROM ingest.chain_foreign WHERE source = $1 AND outcome IS NULL',
    [source],
  );
  return Number(answer.rows[0]?.kept ?? 0);
}
