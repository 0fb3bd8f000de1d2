/**
 * What the chain reader stores: inputs of the inbox, fills whose blocks may still go, resolutions.
 * All of it within the transaction that moves the reader's place, so that it happens once.
 */

import { isoTime } from '@polytraders/contracts';
import { columnLiteral } from '@polytraders/runtime';
import type pg from 'pg';
import { type TimeMicros } from '../draft.ts';
import { type RawFillLog } from '../raw.ts';
import { type ContractBook, contractsAt } from '../sources/chain/contracts.ts';
import { decode } from '../sources/chain/events.ts';
import { type ReadFill } from '../sources/chain/matches.ts';
import { tokensOfCondition } from '../sources/chain/token-sets.ts';
import { inputOfFill, placeOfFill, type WalletInput } from '../sources/chain/transaction-inputs.ts';
import { type PlacedLog } from './chain-answers.ts';
import { appendInputs, type NewInput } from './inbox.ts';
import { partitionOfAccount } from './inputs.ts';

/** A fill in a block that may still go, as it is kept. */
export type Provisional = {
  readonly place: string;
  readonly account: string;
  readonly txHash: string;
  readonly block: number;
  readonly blockHash: string;
  readonly fill: RawFillLog;
};

export type Resolution = {
  readonly conditionId: string;
  readonly numerators: readonly string[];
  readonly log: PlacedLog;
};

type Queries = pg.ClientBase;

/** Appends what was read of wallets. A fill that is seen in a block again is told once. */
export async function appendChain(
  client: Queries,
  source: string,
  inputs: readonly WalletInput[],
  receivedAt: TimeMicros,
): Promise<void> {
  await appendWithResolutions(client, source, inputs, [], receivedAt);
}

/** What goes on the log beside what was read, and where on the chain it stands. */
export type PlacedInput = {
  readonly place: Place;
  readonly input: NewInput;
};

type Place = { readonly block: number; readonly index: number };

/**
 * The same with resolutions between them, in the order of the chain: what is redeemed in the blocks
 * that are read at once stands behind the resolution that it is redeemed by, and what was traded
 * before it stands before it.
 */
export async function appendWithResolutions(
  client: Queries,
  source: string,
  inputs: readonly WalletInput[],
  resolved: readonly PlacedInput[],
  receivedAt: TimeMicros,
): Promise<void> {
  const rows: NewInput[] = [];
  let next = 0;
  for (const one of inputs) {
    const place = placeOfInput(one);
    for (; place !== null && next < resolved.length; next += 1) {
      const before = resolved[next];
      if (before === undefined || !isBefore(before.place, place)) break;
      rows.push(before.input);
    }
    rows.push(inputOfWallet(source, one));
  }
  rows.push(...resolved.slice(next).map(({ input }) => input));
  if (rows.length > 0) await appendInputs(client, rows, receivedAt, true);
}

/** What was read before, to stand where it stands on the chain. */
export function placedInput(source: string, one: WalletInput): PlacedInput {
  return { place: placeOfInput(one) ?? { block: 0, index: 0 }, input: inputOfWallet(source, one) };
}

export function inChainOrder(all: readonly PlacedInput[]): readonly PlacedInput[] {
  return [...all].sort((a, b) => (isBefore(a.place, b.place) ? -1 : 1));
}

function inputOfWallet(source: string, { account, position, raw, text }: WalletInput): NewInput {
  return {
    partition: partitionOfAccount(account),
    source: 'chain',
    sourcePosition: `${source}/${position}`,
    rawFormat: 'json',
    bytes: Buffer.from(text),
    raw,
  };
}

/** Where an input stands on the chain; null where it does not say so. */
function placeOfInput({ raw }: WalletInput): Place | null {
  if (raw.format === 'order-filled') {
    const { blockNumber, logIndex } = raw.log;
    return raw.status === undefined ? placeAt(blockNumber, logIndex) : null;
  }
  if (raw.format !== 'movement') return null;
  const { block_number: block, log_index: index } = raw.value;
  return placeAt(block, index);
}

function placeAt(block: unknown, index: unknown): Place | null {
  const place = { block: Number(block ?? NaN), index: Number(index ?? NaN) };
  return Number.isInteger(place.block) && Number.isInteger(place.index) ? place : null;
}

function isBefore(one: Place, other: Place): boolean {
  return one.block < other.block || (one.block === other.block && one.index < other.index);
}

/** Fills of blocks that may still go. */
export async function provisionalFills(
  database: Pick<pg.Pool, 'query'>,
  source: string,
): Promise<readonly Provisional[]> {
  const answer = await database.query<Record<string, string>>(
    'SELECT place, account, tx_hash, block_number, block_hash, fill ' +
      'FROM ingest.chain_provisional WHERE source = $1 ORDER BY block_number, place',
    [source],
  );
  return answer.rows.map((row) => ({
    place: row['place'] ?? '',
    account: row['account'] ?? '',
    txHash: row['tx_hash'] ?? '',
    block: Number(row['block_number']),
    blockHash: row['block_hash'] ?? '',
    fill: JSON.parse(row['fill'] ?? '{}') as RawFillLog,
  }));
}

/** Remembers where provisional fills stand now, and tells the ledger. */
export async function storeProvisional(
  client: Queries,
  source: string,
  fills: readonly ReadFill[],
  receivedAt: TimeMicros,
): Promise<void> {
  if (fills.length === 0) return;
  const column = (of: (fill: ReadFill) => string | number, type: 'text' | 'int' = 'text') =>
    columnLiteral(type, fills.map(of));
  await client.query(
    'INSERT INTO ingest.chain_provisional AS p (source, place, account, tx_hash, block_number, ' +
      'block_hash, fill) SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], ' +
      '$5::bigint[], $6::text[], $7::text[]) ON CONFLICT (source, place) DO UPDATE SET ' +
      'block_number = EXCLUDED.block_number, block_hash = EXCLUDED.block_hash, ' +
      'fill = EXCLUDED.fill',
    [
      source,
      column(placeOfFill),
      column((fill) => fill.event.maker),
      column((fill) => fill.transactionHash),
      column((fill) => Number(fill.blockNumber), 'int'),
      column((fill) => fill.blockHash ?? ''),
      column(({ event: _, ...log }) => JSON.stringify(log)),
    ],
  );
  const inputs = fills.map((fill) => inputOfFill(fill, 'MINED'));
  await appendChain(client, source, inputs, receivedAt);
}

/** The end of a fill whose height is final without it. */
export function failedInput({ place, account, fill }: Provisional): WalletInput {
  return {
    account,
    position: `${place}/failed`,
    raw: { format: 'order-filled', log: fill, terms: null, status: 'FAILED' },
    text: JSON.stringify(fill),
  };
}

/** Resolutions out of their logs; those that do not decode are none. */
export function resolutionsIn(
  logs: readonly PlacedLog[],
  book: ContractBook,
): readonly Resolution[] {
  return logs.flatMap((log) => {
    const event = decode(log, 0, contractsAt(book, log.block));
    if (event === null || typeof event === 'string' || event.kind !== 'resolution') return [];
    const { conditionId, numerators } = event;
    return [{ conditionId, numerators: numerators.map(String), log }];
  });
}

/** Stores resolutions. Answers those whose condition is known, to be told at once. */
export async function storeResolutions(
  client: Queries,
  source: string,
  resolutions: readonly Resolution[],
  book: ContractBook,
): Promise<readonly PlacedInput[]> {
  if (resolutions.length === 0) return [];
  const column = (of: (one: Resolution) => string | number, type: 'text' | 'int' = 'text') =>
    columnLiteral(type, resolutions.map(of));
  await client.query(
    'INSERT INTO ingest.chain_resolution (condition_id, source, numerators, block_number, ' +
      'block_hash, block_time, tx_hash, log_index) SELECT x.c, $1, x.n, x.b, x.h, x.t, x.tx, x.i ' +
      'FROM unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::text[], ' +
      '$8::int[]) AS x (c, n, b, h, t, tx, i) ON CONFLICT DO NOTHING',
    [
      source,
      column((one) => one.conditionId),
      column((one) => JSON.stringify(one.numerators)),
      column((one) => one.log.block, 'int'),
      column((one) => one.log.blockHash),
      column((one) => Number(one.log.blockTimestamp), 'int'),
      column((one) => one.log.transactionHash),
      column((one) => one.log.index, 'int'),
    ],
  );
  const tokens = resolutions.flatMap((one) => tokensOf(one, book));
  await client.query(
    'INSERT INTO ingest.chain_resolution_token (token_id, condition_id) ' +
      'SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING',
    [
      columnLiteral(
        'text',
        tokens.map(([token]) => token),
      ),
      columnLiteral(
        'text',
        tokens.map(([, condition]) => condition),
      ),
    ],
  );
  return resolvedNow(
    client,
    resolutions.map((one) => one.conditionId),
  );
}

/** The ids of its tokens under every collateral that the venue uses. */
function tokensOf({ conditionId, log }: Resolution, book: ContractBook) {
  const contracts = contractsAt(book, log.block);
  const collaterals = (['collateral', 'wrapped_collateral', 'pusd'] as const).flatMap((role) =>
    contracts.withRole(role),
  );
  return collaterals
    .flatMap((collateral) => tokensOfCondition(conditionId, collateral))
    .map((token) => [token, conditionId] as const);
}

const KNOWN =
  'EXISTS (SELECT 1 FROM ingest.market_definition d WHERE d.condition_id = r.condition_id) ' +
  'OR EXISTS (SELECT 1 FROM ingest.orders o WHERE o.condition_id = r.condition_id) ' +
  'OR EXISTS (SELECT 1 FROM ingest.held_tokens h WHERE h.place = r.condition_id) ' +
  'OR EXISTS (SELECT 1 FROM ingest.chain_resolution_token t WHERE ' +
  't.condition_id = r.condition_id AND (' +
  'EXISTS (SELECT 1 FROM ingest.held_tokens h WHERE h.token_id = t.token_id) ' +
  'OR EXISTS (SELECT 1 FROM ingest.chain_token c WHERE c.token_id = t.token_id) ' +
  'OR EXISTS (SELECT 1 FROM ingest.orders o WHERE o.token_id = t.token_id)))';

/**
 * Puts those of the resolutions on the log that are not there and whose condition is known, and
 * what else is told now, in the order of the chain.
 */
export async function tellResolutions(
  client: Queries,
  conditions: readonly string[],
  beside: readonly PlacedInput[],
  receivedAt: TimeMicros,
): Promise<void> {
  const all = inChainOrder([...beside, ...(await resolvedNow(client, conditions))]);
  await appendWithResolutions(client, '', [], all, receivedAt);
}

/**
 * Those of the resolutions that are not on the log and whose condition is known: defined, ordered,
 * traded, or held. From now on they count as told.
 */
async function resolvedNow(
  client: Queries,
  conditions: readonly string[],
): Promise<readonly PlacedInput[]> {
  if (conditions.length === 0) return [];
  const told = await client.query<Record<string, string>>(
    'UPDATE ingest.chain_resolution AS r SET told = true WHERE NOT told ' +
      `AND r.condition_id = ANY($1::text[]) AND (${KNOWN}) RETURNING r.*`,
    [columnLiteral('text', conditions)],
  );
  const placed = told.rows.map((row): PlacedInput => {
    const place = { block: Number(row['block_number']), index: Number(row['log_index']) };
    return { place, input: resolvedInput(row) };
  });
  return inChainOrder(placed);
}

/** The next conditions in order of id whose resolution is not on the log yet. */
export async function untoldAfter(
  client: Queries,
  condition: string,
  most: number,
): Promise<readonly string[]> {
  const answer = await client.query<{ condition_id: string }>(
    'SELECT condition_id FROM ingest.chain_resolution WHERE NOT told AND condition_id > $1 ' +
      'ORDER BY condition_id LIMIT $2::int',
    [condition, most],
  );
  return answer.rows.map((row) => row.condition_id);
}

function resolvedInput(row: Readonly<Record<string, string>>): NewInput {
  const time = Number(row['block_time']) * 1_000_000;
  const value = {
    condition_id: row['condition_id'] ?? '',
    payout_numerators: JSON.parse(row['numerators'] ?? '[]') as readonly string[],
    block_time: isoTime(time),
    tx_hash: row['tx_hash'] ?? '',
    block_number: Number(row['block_number']),
    block_hash: row['block_hash'] ?? '',
    log_index: Number(row['log_index']),
  };
  return {
    partition: 'all',
    source: 'chain',
    sourcePosition: `${row['source'] ?? ''}/resolution/${value.condition_id}`,
    rawFormat: 'json',
    bytes: Buffer.from(JSON.stringify(value)),
    raw: {
      format: 'record',
      type: 'MarketResolved',
      value,
      effectiveAt: time,
      correlationId: null,
      marketSeq: null,
    },
  };
}
