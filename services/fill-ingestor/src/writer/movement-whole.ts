/**
 * What the writer adds to a movement: legs that its source does not say, the outcome of each token,
 * the event of a condition, and what it does to held tokens. Where something stays open the
 * movement is set aside by name.
 */

import { type MarketDefinition } from '@polytraders/contracts';
import { judgeOutcome } from '@polytraders/domain';
import { shares } from '@polytraders/money';
import { type Lookup } from '@polytraders/stream';
import { type MovementDraft, type MovementSaid, type TokenLeg } from '../draft.ts';
import { wholeConversion } from './conversion.ts';
import { asProven, derivedPair, possibleTokens, proofs, type TokenPair } from './derived.ts';
import { factsOf } from './enrich.ts';
import { type Held, type Holding, holdingOf, taken } from './held.ts';
import { tokensOfMarket } from './keys.ts';
import { type WholeValue } from './movement-record.ts';
import { type QuarantineReason } from './quarantine.ts';
import {
  type Entity,
  eventKey,
  type MarketFacts,
  marketKey,
  type MarketNames,
  placeOf,
  tokenPlace,
} from './state.ts';

export type Whole =
  | {
      readonly kind: 'whole';
      readonly movement: WholeValue;
      readonly held: readonly Held[];
      /** The market that it uses, with what is known of it; null where it uses none. */
      readonly market: { readonly names: MarketNames; readonly facts: MarketFacts | null } | null;
      /** What it is reported by where its legs do not explain its cash, which has moved. */
      readonly reason?: QuarantineReason;
    }
  /** A redemption of nothing, of what was all given away or redeemed before. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'aside'; readonly reason: QuarantineReason; readonly because: string };

type Of<Type extends MovementDraft['type']> = Extract<MovementDraft, { readonly type: Type }>;

/** The movement with nothing open, or why it cannot be booked. */
export function wholeMovement(
  partition: number,
  draft: MovementDraft,
  lookup: Lookup<Entity>,
): Whole {
  switch (draft.type) {
    case 'PositionsSplit':
    case 'PositionsMerged':
      return wholeSet(partition, draft, lookup);
    case 'PositionsRedeemed':
      return wholeRedemption(partition, draft, lookup);
    case 'PositionsConverted':
      return wholeOfEvent(partition, draft, lookup);
    case 'TokensTransferred':
      return wholeTransfer(draft, lookup);
    case 'CashMoved':
      return { kind: 'whole', movement: draft, held: [], market: null };
  }
}

/** Splits and merges move the same amount of each outcome. */
function wholeSet(
  partition: number,
  draft: Of<'PositionsSplit'> | Of<'PositionsMerged'>,
  lookup: Lookup<Entity>,
): Whole {
  const { type, account, value } = draft;
  const market = marketOf(partition, account, value, lookup);
  const { pair, definition } = market;
  if (value.legs === null && pair === null) {
    const because = `Expected a definition of ${value.condition_id}, or its kind of market`;
    return incomplete(`${because}, to know the tokens of a ${type}; found neither.`);
  }
  const quantity = shares(value.amount_pusd);
  const equal = (pair ?? []).map((token): TokenLeg => ({
    token_id: token,
    outcome_index: null,
    quantity_shares: quantity,
  }));
  const legs = placed(value.legs ?? equal, value.condition_id, definition);
  const event = value.neg_risk_market_id ?? definition?.neg_risk_market_id ?? null;
  const held =
    type === 'PositionsMerged'
      ? taken(value.condition_id, market.holding, legs)
      : legs.map((leg) => brought(value.condition_id, leg));
  const whole = { ...value, neg_risk_market_id: event, legs };
  return { kind: 'whole', movement: { type, value: whole }, held, market };
}

/**
 * A redemption burns what its legs say; one without legs all that the account holds. Its cash has
 * come in, whatever is known of the shares: facts are booked (B10), and what is not known is named.
 */
function wholeRedemption(
  partition: number,
  draft: Of<'PositionsRedeemed'>,
  lookup: Lookup<Entity>,
): Whole {
  const { type, account, value } = draft;
  const market = marketOf(partition, account, value, lookup);
  const { holding, definition } = market;
  const all = [...holding.tokens].flatMap(([token, quantity]) =>
    quantity > 0n
      ? [{ token_id: token, outcome_index: null, quantity_shares: quantity, payout_pusd: null }]
      : [],
  );
  const legs = placed(value.legs ?? all, value.condition_id, definition);
  if (legs.length === 0 && value.payout_pusd === 0n) {
    return value.legs === null ? redemptionOfNothing(value, holding) : { kind: 'empty' };
  }
  const event = value.neg_risk_market_id ?? definition?.neg_risk_market_id ?? null;
  const held = taken(value.condition_id, holding, legs);
  const whole = { ...value, neg_risk_market_id: event, legs };
  const movement = { type, value: whole } as const;
  if (isExplained(value.payout_pusd, legs)) return { kind: 'whole', movement, held, market };
  return { kind: 'whole', movement, held, market, reason: 'GOV_REDEMPTION_UNMATCHED' };
}

/**
 * A share of each outcome pays 1 in all: cash beyond the larger of what is burned of each shows
 * that a purchase is missing.
 */
function isExplained(payout: bigint, legs: readonly TokenLeg[]): boolean {
  return payout === 0n || legs.some((leg) => leg.quantity_shares >= payout);
}

/** A redemption for 0 of what the account does not hold: again, or of what it never held. */
function redemptionOfNothing(
  { account, condition_id: condition }: MovementSaid<'PositionsRedeemed'>,
  holding: Holding,
): Whole {
  const before = [...holding.tokens.values()];
  if (before.length > 0 && before.every((quantity) => quantity === 0n)) return { kind: 'empty' };
  const because =
    `Expected ${account} to hold what it redeemed of ${condition} for 0 pUSD; found none. ` +
    'Nothing has moved; had shares been bought before, import that, then this again with a ' +
    'blank line more.';
  return { kind: 'aside', reason: 'GOV_REDEMPTION_UNMATCHED', because };
}

function wholeOfEvent(
  partition: number,
  draft: Of<'PositionsConverted'>,
  lookup: Lookup<Entity>,
): Whole {
  const { type, account, value } = draft;
  const found = lookup.get(eventKey(value.neg_risk_market_id));
  const facts = found?.kind === 'facts' ? found : null;
  const questions = (facts?.definition?.questions ?? []).map(asProven);
  const condition = new Map(questions.map((one) => [one.no_token_id, one.condition_id]));
  const holding = (token: string): Holding =>
    holdingOf(lookup, { partition, account }, condition.get(token) ?? tokenPlace(token), [token]);
  const held = (token: string): bigint => holding(token).tokens.get(token) ?? 0n;
  const whole = wholeConversion(value, questions, held);
  if (typeof whole === 'string') {
    return incomplete(`${whole}, to know what ${account} converted; found too little.`);
  }
  const legs = [
    ...whole.legs_out.map((leg) => ({ ...leg, quantity_shares: shares(-leg.quantity_shares) })),
    ...whole.legs_in,
  ];
  const defined = facts?.definition?.condition_id ?? null;
  return {
    kind: 'whole',
    movement: { type, value: whole },
    held: legs.map((leg) => brought(tokenPlace(leg.token_id), leg)),
    market: defined === null ? null : { names: { conditionId: defined, tokenId: null }, facts },
  };
}

function wholeTransfer(draft: Of<'TokensTransferred'>, lookup: Lookup<Entity>): Whole {
  const { type, value } = draft;
  const names = { conditionId: value.condition_id, tokenId: value.token_id };
  const facts = factsOf(lookup, names);
  const condition = value.condition_id ?? facts?.definition?.condition_id ?? null;
  const quantity = value.direction === 'IN' ? value.quantity_shares : -value.quantity_shares;
  const place = placeOf(names) ?? tokenPlace(value.token_id);
  return {
    kind: 'whole',
    movement: { type, value: { ...value, condition_id: condition } },
    held: [{ place, tokenId: value.token_id, by: quantity }],
    market: { names, facts },
  };
}

type Market = {
  readonly names: MarketNames;
  readonly facts: MarketFacts | null;
  readonly definition: MarketDefinition | null;
  /** The tokens of both outcomes; null where nobody knows which kind of market it is. */
  readonly pair: TokenPair | null;
  readonly holding: Holding;
};

function marketOf(
  partition: number,
  account: string,
  value: { readonly condition_id: string; readonly neg_risk_market_id: string | null },
  lookup: Lookup<Entity>,
): Market {
  const { condition_id: condition, neg_risk_market_id: event } = value;
  const names = { conditionId: condition, tokenId: null };
  const facts = factsOf(lookup, names);
  const definition = facts?.definition ?? null;
  const found = lookup.get(marketKey(partition, condition));
  const written = found?.kind === 'market' ? tokensOfMarket(found) : [];
  const defined = (definition?.tokens ?? []).map((token) => token.token_id);
  const tokens = [...possibleTokens(condition), ...defined, ...written];
  const holding = holdingOf(lookup, { partition, account }, condition, tokens);
  const known = pairOf(defined) ?? pairOf(written);
  const derived = event === null ? null : derivedPair(condition, 'WRAPPED');
  const proven = event === null ? provenBy(condition, holding) : derived;
  return { names, facts, definition, pair: known ?? proven, holding };
}

function pairOf(tokens: readonly string[]): TokenPair | null {
  const [first, second] = tokens;
  return tokens.length === 2 && first !== undefined && second !== undefined
    ? [first, second]
    : null;
}

/** Which collateral a market has, by the id of a token of it that the account has held. */
function provenBy(condition: string, { tokens: held }: Holding): TokenPair | null {
  const pairs = proofs.pairsOf(condition).map(({ tokens }) => tokens);
  return pairs.find((pair) => pair.some((token) => held.has(token))) ?? null;
}

/** Legs with the outcome that each token is of, in the order of outcomes. */
function placed<Leg extends TokenLeg>(
  legs: readonly Leg[],
  condition: string,
  definition: MarketDefinition | null,
): readonly Leg[] {
  const known = legs.map((leg) => ({
    ...leg,
    outcome_index: outcomeOf(leg.token_id, condition, definition) ?? leg.outcome_index,
  }));
  const order = (leg: Leg): number => leg.outcome_index ?? legs.length;
  return known.sort((a, b) => order(a) - order(b) || (a.token_id < b.token_id ? -1 : 1));
}

/** As the token's id proves it, else as its definition says (B5). */
function outcomeOf(
  token: string,
  condition: string,
  definition: MarketDefinition | null,
): number | null {
  const defined = definition?.tokens.findIndex((one) => one.token_id === token) ?? -1;
  const told = defined < 0 ? null : defined;
  return judgeOutcome(proofs.outcomeOf(condition, token), told).outcome;
}

function brought(place: string, leg: TokenLeg): Held {
  return { place, tokenId: leg.token_id, by: leg.quantity_shares };
}

function incomplete(because: string): Whole {
  return { kind: 'aside', reason: 'INCOMPLETE_INPUT', because };
}
