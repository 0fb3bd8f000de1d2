/**
 * Which entities an event may touch, so that they are loaded before it is folded, and by what it is
 * known again.
 */

import { type LedgerEvent, type TokenLeg } from '@polytraders/contracts';
import { contentString } from '@polytraders/domain';
import { type Identity, type Lookup } from '@polytraders/stream';
import {
  claimKey,
  type Entity,
  eventKey,
  type Holding,
  holdingKey,
  type Market,
  marketKey,
  parametersKey,
  releasesKey,
  type Token,
  tokenKey,
} from './entities.ts';
import { eventIdOf, otherKeys } from './neg-risk-event.ts';
import { type Name, placeKeys } from './placing.ts';
import { reissueKeysThen } from './review/reissue.ts';
import { releaseKeys, releaseKeysThen } from './review/release.ts';
import { reverseKeys, reverseKeysThen } from './review/reverse.ts';
import { PROCESSOR_ID } from './version.ts';

/** What moves shares or cash of one wallet without a trade. */
export const MOVEMENT_TYPES = [
  'PositionsSplit',
  'PositionsMerged',
  'PositionsConverted',
  'PositionsRedeemed',
  'TokensTransferred',
  'CashMoved',
  'OpeningBalance',
] as const;

const noKeys: readonly string[] = [];

/**
 * What an event is sure to need. A confirmed fill: its holding and the parameters of its partition,
 * of a neg-risk one its event, too; a change of parameters those before it.
 */
export function keys(event: LedgerEvent, partition: number): readonly string[] {
  switch (event.type) {
    case 'FillConfirmed': {
      const { account, token_id: token, condition_id: condition } = event.value;
      const always = [holdingKey(account, token), parametersKey(partition)];
      const id = eventIdOf(event.value);
      if (id !== null) always.push(eventKey(partition, id));
      return condition === null ? [...always, tokenKey(partition, token)] : always;
    }
    case 'ParametersChanged':
      return event.value.processor === PROCESSOR_ID ? [parametersKey(partition)] : noKeys;
    case 'MarketDefined':
      return [
        parametersKey(partition),
        marketKey(partition, event.value.condition_id),
        ...eventKeys(partition, event.value.neg_risk_market_id),
        ...event.value.tokens.map((one) => tokenKey(partition, one.token_id)),
        ...event.value.questions.flatMap((one) => [
          marketKey(partition, one.condition_id),
          tokenKey(partition, one.yes_token_id),
          tokenKey(partition, one.no_token_id),
        ]),
      ];
    case 'MarketStatusChanged':
      return [marketKey(partition, event.value.condition_id)];
    case 'MarketResolved':
      return [parametersKey(partition), marketKey(partition, event.value.condition_id)];
    case 'FillReleased':
      return releaseKeys(event.value, partition);
    case 'FillReversed':
      return reverseKeys(event.value, partition);
    case 'ReportReleased':
      return event.value.release_kind === 'MODE_HELD'
        ? [parametersKey(partition), releasesKey(partition)]
        : noKeys;
    case 'SettlementJobClaimed':
      return [claimKey(event.value.account, event.value.tx_hash)];
    default:
      return movementKeys(event, partition);
  }
}

/**
 * What only the entities above tell: the index of a new holding, the holdings of a market, the
 * account's other holdings of a neg-risk event.
 */
export function keysThen(
  event: LedgerEvent,
  lookup: Lookup<Entity>,
  partition: number,
): readonly string[] {
  switch (event.type) {
    case 'FillConfirmed': {
      const { account, token_id: token, condition_id: told } = event.value;
      // As `isPlaced`, without a name made for it: this runs for every fill after a restart.
      const found = lookup.get(holdingKey(account, token)) as Holding | undefined;
      const others = otherKeys(lookup, event.value, partition);
      if (found !== undefined && (found.conditionId !== null || told === null)) return others;
      return [...placeKeys(lookup, { partition, account, token, told }), ...others];
    }
    case 'MarketDefined': {
      const { condition_id: condition, tokens, questions } = event.value;
      const named = tokens.map((one) => one.token_id);
      const others = questions.flatMap((one) => [one.yes_token_id, one.no_token_id]);
      const waiting = [...named, ...others].flatMap((token) => {
        const known = lookup.get(tokenKey(partition, token)) as Token | undefined;
        return (known?.accounts ?? []).map((account) => holdingKey(account, token));
      });
      const conditions = [condition, ...questions.map((one) => one.condition_id)];
      const members = conditions.flatMap((one) => memberKeys(lookup, partition, one));
      return [...waiting, ...members];
    }
    case 'FillReleased':
      return releaseKeysThen(event.value, lookup, partition);
    case 'FillReversed':
      return reverseKeysThen(event.value, lookup, partition);
    case 'ReportReleased':
      return event.value.release_kind === 'MODE_HELD'
        ? reissueKeysThen(event.value, lookup, partition)
        : noKeys;
    case 'MarketResolved': {
      const { condition_id: condition } = event.value;
      const market = lookup.get(marketKey(partition, condition)) as Market | undefined;
      const events = eventKeys(partition, market?.negRiskMarketId ?? null);
      return [...memberKeys(lookup, partition, condition), ...events];
    }
    default:
      return namesOf(event, partition).flatMap((name) => {
        const known = lookup.get(tokenKey(partition, name.token)) as Token | undefined;
        const events = eventKeys(partition, known?.negRiskMarketId ?? null);
        return [...placeKeys(lookup, name), ...events];
      });
  }
}

/**
 * The same fill or movement again is a duplicate, with other content a conflict; others have no
 * identity: what they say is known, or it is not.
 */
export function identify(event: LedgerEvent): Identity | null {
  if (event.type === 'FillConfirmed') {
    const fill = event.value;
    return {
      id: fill.fill_id,
      content: contentString(
        fill.account,
        fill.order_id,
        fill.token_id,
        fill.order_side,
        fill.quantity_shares,
        fill.size_pusd,
      ),
    };
  }
  if (event.type === 'FillReleased') {
    const { fill_id: fillId, fee_pusd: fee, builder_fee_pusd: builder } = event.value;
    return { id: `released|${fillId}`, content: joined(fee, builder) };
  }
  if (event.type === 'FillReversed') {
    const { fill_id: fillId, original_event_id: original } = event.value;
    return { id: `reversed|${fillId}`, content: original };
  }
  const content = contentOf(event);
  return content === null ? null : { id: `movement|${event.value.event_id}`, content };
}

function movementKeys(event: LedgerEvent, partition: number): readonly string[] {
  if (!isMovement(event)) return noKeys;
  const list = [parametersKey(partition)];
  const txHash = 'tx_hash' in event.value ? event.value.tx_hash : null;
  if (txHash !== null) list.push(claimKey(event.value.account, txHash));
  for (const { account, token, told } of namesOf(event, partition)) {
    list.push(holdingKey(account, token), tokenKey(partition, token));
    if (told !== null) list.push(marketKey(partition, told));
  }
  return list;
}

function isMovement(
  event: LedgerEvent,
): event is Extract<LedgerEvent, { readonly type: (typeof MOVEMENT_TYPES)[number] }> {
  return (MOVEMENT_TYPES as readonly string[]).includes(event.type);
}

/** The holdings that a movement names. */
function namesOf(event: LedgerEvent, partition: number): readonly Name[] {
  const named = (
    account: string,
    legs: readonly { readonly token_id: string }[],
    told: string | null,
  ): readonly Name[] => legs.map(({ token_id: token }) => ({ partition, account, token, told }));
  switch (event.type) {
    case 'PositionsSplit':
    case 'PositionsMerged':
    case 'PositionsRedeemed':
      return named(event.value.account, event.value.legs, event.value.condition_id);
    case 'PositionsConverted': {
      const { account, legs_out: out, legs_in: gained } = event.value;
      return named(account, [...out, ...gained], null);
    }
    case 'TokensTransferred':
      return named(event.value.account, [event.value], event.value.condition_id);
    case 'OpeningBalance': {
      const { account, positions } = event.value;
      return positions.flatMap((lot) => named(account, [lot], lot.condition_id));
    }
    default:
      return [];
  }
}

function eventKeys(partition: number, negRiskMarketId: string | null): readonly string[] {
  return negRiskMarketId === null ? noKeys : [eventKey(partition, negRiskMarketId)];
}

function memberKeys(
  lookup: Lookup<Entity>,
  partition: number,
  condition: string,
): readonly string[] {
  const market = lookup.get(marketKey(partition, condition)) as Market | undefined;
  return (market?.members ?? []).map(({ account, token }) => holdingKey(account, token));
}

/** Type, amounts and legs; not position, block or time. Null where the event is no movement. */
function contentOf(event: LedgerEvent): string | null {
  switch (event.type) {
    case 'PositionsSplit':
    case 'PositionsMerged': {
      const { account, condition_id: condition, amount_pusd: amount, legs } = event.value;
      return joined(event.type, account, condition, amount, legsText(legs));
    }
    case 'PositionsRedeemed': {
      const { account, condition_id: condition, payout_pusd: payout, legs } = event.value;
      return joined(event.type, account, condition, payout, legsText(legs));
    }
    case 'PositionsConverted': {
      const { account, neg_risk_market_id: market, index_set: set, amount_shares } = event.value;
      const { payout_pusd: payout, legs_out: out, legs_in: gained } = event.value;
      const legs = `${legsText(out)}>${legsText(gained)}`;
      return joined(event.type, account, market, set, amount_shares, payout, legs);
    }
    case 'TokensTransferred': {
      const { account, direction, counterparty, token_id: token } = event.value;
      const { quantity_shares: quantity, basis_pusd: basis } = event.value;
      return joined(event.type, account, direction, counterparty, token, quantity, basis);
    }
    case 'CashMoved': {
      const { account, kind, amount_pusd: amount } = event.value;
      return joined(event.type, account, kind, amount);
    }
    case 'OpeningBalance': {
      const { account, balance_pusd: balance, positions } = event.value;
      const lots = positions.map((lot) =>
        joined(lot.trading_bot_id, lot.token_id, lot.quantity_shares, lot.basis_pusd),
      );
      return joined(event.type, account, balance, ...lots);
    }
    default:
      return null;
  }
}

function legsText(legs: readonly Pick<TokenLeg, 'token_id' | 'quantity_shares'>[]): string {
  return legs.map((leg) => `${leg.token_id}:${leg.quantity_shares.toString()}`).join(',');
}

function joined(...parts: readonly (string | bigint | null)[]): string {
  return parts.map((part) => (part === null ? '' : part.toString())).join('|');
}
