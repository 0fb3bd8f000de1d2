/**
 * Markets, tokens and claims to rows and back, as data. A market's holdings and a token's accounts
 * only grow at their end, so what is new of them is what stands beyond the old length.
 */

import { type Change } from '@polytraders/stream';
import {
  type Claim,
  type Entity,
  type KeyParts,
  type Market,
  type NegRiskEvent,
  type Resolution,
  type Settled,
  type Token,
} from './entities.ts';
import { changesOfEvent, eventFrom, locateEvent } from './event-rows.ts';
import {
  type ClaimRow,
  claimsTable,
  type LooseTokenRow,
  looseTokensTable,
  type MarketHoldingRow,
  marketHoldingsTable,
  type MarketRow,
  marketsTable,
  type SettledTokenRow,
  type TokenRow,
  tokensTable,
} from './market-tables.ts';

type Rows = Readonly<Record<string, readonly object[]>>;
type Located = { readonly table: string; readonly where: Readonly<Record<string, string>> };

/** Rows that turn `before` into `after`, for the kinds of this file. */
export function marketChanges(
  { first, second: name }: KeyParts,
  before: Entity | undefined,
  after: Market | NegRiskEvent | Token | Claim,
): readonly Change[] {
  if (after.kind === 'market')
    return changesOfMarket(first, name, before as Market | undefined, after);
  if (after.kind === 'event')
    return changesOfEvent(first, name, before as NegRiskEvent | undefined, after);
  if (after.kind === 'token')
    return changesOfToken(first, name, before as Token | undefined, after);
  const row: ClaimRow = {
    account: first,
    tx_hash: name,
    job_id: after.jobId,
    claimed_by: after.claimedBy,
    last_offset: after.lastOffset,
    updated_at: after.updatedAt,
  };
  return [{ upsert: claimsTable.name, row }];
}

/** Where the rows of a market, a token or a claim lie. */
export function locateMarket({ kind, first, second }: KeyParts): readonly Located[] {
  if (kind === 'claim')
    return [{ table: claimsTable.name, where: { account: first, tx_hash: second } }];
  if (kind === 'event') return locateEvent(first, second);
  if (kind === 'market') {
    const where = { partition: first, condition_id: second };
    return [
      { table: marketsTable.name, where },
      { table: marketHoldingsTable.name, where },
    ];
  }
  const where = { partition: first, token_id: second };
  return [
    { table: tokensTable.name, where },
    { table: looseTokensTable.name, where },
  ];
}

/** The entity from its rows, or undefined where there are none. */
export function reviveMarket({ kind }: KeyParts, rows: Rows): Entity | undefined {
  if (kind === 'market') return marketFrom(rows);
  if (kind === 'event') return eventFrom(rows);
  if (kind === 'claim') return claimFrom(rows[claimsTable.name]?.[0]);
  const [known] = (rows[tokensTable.name] ?? []) as readonly TokenRow[];
  const loose = (rows[looseTokensTable.name] ?? []) as readonly LooseTokenRow[];
  if (known === undefined && loose.length === 0) return undefined;
  const conditionId = known?.condition_id ?? null;
  const negRiskMarketId = known?.neg_risk_market_id ?? null;
  const accounts = loose.map(({ account }) => account);
  return { kind: 'token', conditionId, negRiskMarketId, accounts };
}

/** The row that says what a token pays. */
export function settledRow(account: string, token: string, settled: Settled): SettledTokenRow {
  return {
    account,
    token_id: token,
    payout_numerator: settled.payout.numerator.toString(),
    payout_denominator: settled.payout.denominator.toString(),
    resolved_offset: settled.offset,
  };
}

export function settledFrom(row: SettledTokenRow | undefined): Settled | null {
  if (row === undefined) return null;
  const numerator = BigInt(row.payout_numerator);
  const denominator = BigInt(row.payout_denominator);
  return { payout: { numerator, denominator }, offset: row.resolved_offset };
}

function changesOfMarket(
  partition: string,
  condition: string,
  before: Market | undefined,
  after: Market,
): readonly Change[] {
  const { resolution } = after;
  const row: MarketRow = {
    partition,
    condition_id: condition,
    tokens: after.tokens,
    synthesised: after.synthesised,
    neg_risk_market_id: after.negRiskMarketId,
    status: after.status,
    payout_numerators: (resolution?.numerators ?? []).map(String),
    resolved_at: resolution?.resolvedAt ?? null,
    resolved_offset: resolution?.offset ?? null,
    last_offset: after.lastOffset,
    updated_at: after.updatedAt,
  };
  const stored = before?.members.length ?? 0;
  const members = after.members.slice(stored).map(({ account, token }, index): Change => {
    const place = stored + index;
    const holding: MarketHoldingRow = {
      partition,
      condition_id: condition,
      place,
      account,
      token_id: token,
    };
    return { upsert: marketHoldingsTable.name, row: holding };
  });
  return [{ upsert: marketsTable.name, row }, ...members];
}

function changesOfToken(
  partition: string,
  token: string,
  before: Token | undefined,
  after: Token,
): readonly Change[] {
  const list: Change[] = [];
  const looseRow = (account: string): LooseTokenRow => ({ partition, token_id: token, account });
  const { conditionId, negRiskMarketId } = after;
  const isNews = conditionId !== before?.conditionId || negRiskMarketId !== before.negRiskMarketId;
  if (conditionId !== null && isNews) {
    const row: TokenRow = {
      partition,
      token_id: token,
      condition_id: conditionId,
      neg_risk_market_id: negRiskMarketId,
    };
    list.push({ upsert: tokensTable.name, row });
  }
  for (const account of before?.accounts ?? []) {
    if (!after.accounts.includes(account))
      list.push({ remove: looseTokensTable.name, row: looseRow(account) });
  }
  for (const account of after.accounts) {
    if (before?.accounts.includes(account) !== true)
      list.push({ upsert: looseTokensTable.name, row: looseRow(account) });
  }
  return list;
}

function marketFrom(rows: Rows): Market | undefined {
  const [row] = (rows[marketsTable.name] ?? []) as readonly MarketRow[];
  if (row === undefined) return undefined;
  const members = (rows[marketHoldingsTable.name] ?? []) as readonly MarketHoldingRow[];
  return {
    kind: 'market',
    tokens: row.tokens,
    synthesised: row.synthesised,
    negRiskMarketId: row.neg_risk_market_id,
    status: row.status,
    resolution: resolutionFrom(row),
    members: members.map(({ account, token_id: token }) => ({ account, token })),
    lastOffset: row.last_offset,
    updatedAt: row.updated_at,
  };
}

function resolutionFrom(row: MarketRow): Resolution | null {
  if (row.resolved_at === null || row.resolved_offset === null) return null;
  const numerators = row.payout_numerators.map(BigInt);
  return { numerators, resolvedAt: row.resolved_at, offset: row.resolved_offset };
}

function claimFrom(found: object | undefined): Claim | undefined {
  if (found === undefined) return undefined;
  const row = found as ClaimRow;
  return {
    kind: 'claim',
    jobId: row.job_id,
    claimedBy: row.claimed_by,
    lastOffset: row.last_offset,
    updatedAt: row.updated_at,
  };
}
