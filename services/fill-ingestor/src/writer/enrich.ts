/**
 * What the writer adds to a draft, captured once: bot, condition, neg-risk, rebate rate, marks.
 * What
 * stays unknown is named. Nothing is estimated.
 */

import { type Mark } from '@polytraders/contracts';
import {
  deriveNegRisk,
  judgeNegRisk,
  MARK_AGE_MS_MAX,
  type NegRiskKind,
} from '@polytraders/domain';
import { type RateMicros } from '@polytraders/money';
import { type Lookup } from '@polytraders/stream';
import { getBytes, keccak256 } from 'ethers';
import { type Accounts } from '../accounts.ts';
import { type FillDraft, type OrderDraft, type TimeMicros } from '../draft.ts';
import {
  type Entity,
  factsKey,
  type KnownMark,
  markKey,
  type MarketFacts,
  orderHashKey,
  type OrderState,
  tokenKey,
} from './state.ts';

export const UNATTRIBUTED = 'unattributed';

export type Enrichment = {
  readonly conditionId: string | null;
  readonly tradingBotId: string;
  readonly negRisk: boolean | null;
  readonly negRiskSource: 'DERIVED' | 'GIVEN' | 'NONE';
  readonly negRiskMarketId: string | null;
  readonly rebateRate: RateMicros | null;
  readonly marks: readonly Mark[];
  readonly flags: readonly string[];
  readonly incompleteReasons: readonly string[];
};

/**
 * Definition and marks of a draft's market, by its condition, else by its token. A mark needs no
 * definition: markets are traded before theirs has come.
 */
export function factsOf(
  lookup: Lookup<Entity>,
  draft: { readonly conditionId: string | null; readonly tokenId: string | null },
): MarketFacts | null {
  const { conditionId, tokenId } = draft;
  const own = tokenId === null ? null : factsAt(lookup, markKey(tokenId));
  const facts =
    conditionId !== null
      ? factsAt(lookup, factsKey(conditionId))
      : tokenId === null
        ? null
        : factsAt(lookup, tokenKey(tokenId));
  if (facts === null || own === null) return facts ?? own;
  if (facts.marks.some((mark) => mark.tokenId === tokenId)) return facts;
  return { ...facts, marks: [...facts.marks, ...own.marks] };
}

function factsAt(lookup: Lookup<Entity>, key: string): MarketFacts | null {
  const found = lookup.get(key);
  return found?.kind === 'facts' ? found : null;
}

/** The order that a draft names, by id or by hash. */
export function orderOf(
  lookup: Lookup<Entity>,
  hash: string | null,
  order: OrderState | null,
): OrderState | null {
  if (order !== null || hash === null) return order;
  const found = lookup.get(orderHashKey(hash));
  return found?.kind === 'order' ? found : null;
}

/**
 * Bot of a draft: as given, else its order's, else the account's, else the import's, else nobody's.
 */
export function botOf(
  draft: Pick<FillDraft | OrderDraft, 'tradingBotId'> & { readonly fallbackBot?: string | null },
  account: string,
  order: OrderState | null,
  accounts: Accounts,
): string {
  const known = draft.tradingBotId ?? order?.tradingBotId ?? null;
  return known ?? accounts.get(account)?.defaultBot ?? draft.fallbackBot ?? UNATTRIBUTED;
}

/** Everything that is added to a fill whose token is known. `at` is the time of the fill. */
export function enrich(
  draft: FillDraft,
  tokenId: string,
  conditionId: string | null,
  bot: string,
  facts: MarketFacts | null,
  at: TimeMicros,
): Enrichment {
  const condition = conditionId ?? facts?.definition?.condition_id ?? null;
  const derived = condition === null ? 'unknown' : negRiskOfToken(condition, tokenId);
  const verdict = judgeNegRisk(derived, draft.negRisk ?? negRiskOfDefinition(facts));
  const unknown = verdict.source !== 'DERIVED';
  const marks = marksOf(draft, tokenId, facts, at);
  const isAgeless = draft.markObservedAt === null && marks.some((mark) => mark.kind === 'REPORTED');
  return {
    conditionId: condition,
    tradingBotId: bot,
    negRisk: verdict.negRisk,
    negRiskSource: verdict.source,
    negRiskMarketId: facts?.definition?.neg_risk_market_id ?? null,
    rebateRate: facts?.definition?.maker_rebate_rate ?? null,
    marks,
    flags: [
      ...draft.flags,
      ...(verdict.mismatch ? ['GOV_NEGRISK_FLAG_MISMATCH'] : []),
      ...(unknown ? ['GOV_NEGRISK_UNKNOWN'] : []),
      ...(draft.feeSource === 'DECLARED' ? ['GOV_FEE_DECLARED'] : []),
      ...(isAgeless ? ['STALE_DATA'] : []),
    ].sort(),
    incompleteReasons: [
      ...draft.incompleteReasons,
      ...(condition === null ? ['GOV_CONDITION_UNKNOWN'] : []),
      ...(bot === UNATTRIBUTED ? ['GOV_BOT_UNATTRIBUTED'] : []),
      ...(draft.orderId === null ? ['GOV_ORDER_UNKNOWN'] : []),
      ...(draft.side === null ? ['GOV_SIDE_UNKNOWN'] : []),
    ].sort(),
  };
}

/**
 * Marks of the fill's token and of every question of its event, one a token, sorted by token. How
 * old is too old is the projections' to judge, with the limit in force there.
 */
function marksOf(
  draft: FillDraft,
  tokenId: string,
  facts: MarketFacts | null,
  at: TimeMicros,
): readonly Mark[] {
  const byToken = new Map<string, KnownMark[]>();
  for (const mark of facts?.marks ?? []) {
    const list = byToken.get(mark.tokenId);
    if (list === undefined) byToken.set(mark.tokenId, [mark]);
    else list.push(mark);
  }
  const wanted = new Set([
    tokenId,
    ...(facts?.definition?.questions ?? []).map((one) => one.yes_token_id),
  ]);
  const marks: Mark[] = [];
  for (const token of wanted) {
    const captured = chosen(byToken.get(token) ?? [], at);
    const mark = token === tokenId ? ownMark(draft, token, captured, at) : captured;
    if (mark !== null) marks.push(mark);
  }
  return marks.sort((a, b) => (a.token_id < b.token_id ? -1 : 1));
}

/**
 * The mark of the fill's own token. One that came with the report is the trading system's own and
 * stands for the token, but beyond a minute the nearest is taken: a mid goes before "the mark
 * before" (B4). Without its time it gives way to any captured one, whose age is
 * known; else it is used and the fill says STALE_DATA (B4), which of a REPORTED mark means: of
 * unknown age. `observed_at` is then only the latest that it can have been, the time of the fill.
 */
function ownMark(
  draft: FillDraft,
  token: string,
  captured: Mark | null,
  at: TimeMicros,
): Mark | null {
  const { markPrice, markObservedAt } = draft;
  const isNearer = (mark: Mark): boolean =>
    markObservedAt === null ||
    (!isNear(markObservedAt, at) &&
      Math.abs(at - mark.observed_at) < Math.abs(at - markObservedAt));
  if (markPrice === null || (captured !== null && isNearer(captured))) return captured;
  return {
    token_id: token,
    price: markPrice,
    kind: 'REPORTED',
    observed_at: markObservedAt ?? at,
  };
}

/**
 * Mid, else last trade (B4), among those within a minute of the fill, or of a window's end; else
 * whichever is nearest to it. Marks may be later than the fill: in a backlog of reports market data
 * is ahead of them.
 */
export function chosen(known: readonly KnownMark[], at: TimeMicros): Mark | null {
  const distance = (mark: KnownMark): number => Math.abs(at - mark.observedAt);
  const nearest = [...known].sort((a, b) => distance(a) - distance(b));
  const fresh = nearest.filter((mark) => isNear(mark.observedAt, at));
  const best = fresh.find((mark) => mark.kind === 'MID') ?? nearest[0];
  if (best === undefined) return null;
  return {
    token_id: best.tokenId,
    price: best.price,
    kind: best.kind,
    observed_at: best.observedAt,
  };
}

/** Within a minute of the fill, before it or after. */
function isNear(observedAt: TimeMicros, at: TimeMicros): boolean {
  return Math.abs(at - observedAt) <= MARK_AGE_MS_MAX * 1000;
}

function negRiskOfDefinition(facts: MarketFacts | null): boolean | null {
  const definition = facts?.definition ?? null;
  return definition === null ? null : definition.neg_risk_market_id !== null;
}

const BYTES32 = /^0x[0-9a-f]{64}$/;
const DERIVED_MAX = 20_000;
const derivedKinds = new Map<string, NegRiskKind>();

/** Derivation costs a millisecond, so answers are kept; they never change. */
function negRiskOfToken(conditionId: string, tokenId: string): NegRiskKind {
  if (!BYTES32.test(conditionId) || !/^\d{1,78}$/.test(tokenId)) return 'unknown';
  const pair = `${conditionId}|${tokenId}`;
  const known = derivedKinds.get(pair);
  if (known !== undefined) return known;
  const kind = deriveNegRisk((bytes) => getBytes(keccak256(bytes)), conditionId, tokenId);
  if (derivedKinds.size >= DERIVED_MAX) derivedKinds.clear();
  derivedKinds.set(pair, kind);
  return kind;
}
