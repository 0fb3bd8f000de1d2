/** What `step` may look up for an input: what it names itself, and what only that tells. */

import { type Lookup } from '@polytraders/stream';
import {
  type CommandDraft,
  type FillDraft,
  type MovementDraft,
  type OrderDraft,
} from '../draft.ts';
import { type InboxEvent, type ReadyRecord } from '../inbox-event.ts';
import { possibleTokens } from './derived.ts';
import { dayKeys, movedDayKeys } from './fill-days.ts';
import { keysOfReversed } from './reviews.ts';
import {
  begunKey,
  claimsKey,
  commandKey,
  coordinatesKey,
  doubtsKey,
  type Entity,
  eventKey,
  factsKey,
  fillKey,
  heldKey,
  marketKey,
  type MarketNames,
  markKey,
  movedKey,
  openingKey,
  openKey,
  orderHashKey,
  orderKey,
  type OrderState,
  placeOf,
  releaseKey,
  reservationKey,
  reviewKey,
  sourceKey,
  tokenKey,
  tokenPlace,
} from './state.ts';

/** Keys of everything that `step` may look up for what an event says by itself. */
export function keysOf(event: InboxEvent): readonly string[] {
  const { partition, input } = event;
  switch (input.kind) {
    case 'refusal':
      return input.reason === 'GOV_MOVEMENT_UNCLASSIFIED'
        ? [doubtsKey(partition), ...beginningKeys(input.names?.account ?? null)]
        : [];
    case 'record':
      return keysOfRecord(partition, input);
    case 'movement':
      return [...keysOfMovement(partition, input), ...movedDayKeys(event, input.effectiveAt)];
    case 'command':
      return input.command === 'DECLARE_OPENING_BALANCE'
        ? [...keysOfCommand(partition, input), ...movedDayKeys(event, input.effectiveAt)]
        : keysOfCommand(partition, input);
    case 'fill':
      return [
        ...keysOfTrade(partition, input),
        ...dayKeys(event, input),
        ...beginningKeys(input.account),
        fillKey(input.fillId),
        doubtsKey(partition),
      ].concat(
        input.txHash === null || input.orderHash === null
          ? []
          : [coordinatesKey(input.txHash, input.orderHash)],
      );
    case 'order':
      return keysOfTrade(partition, input);
  }
}

/** And what only the entities under the first keys tell. */
export function keysThen(event: InboxEvent, lookup: Lookup<Entity>): readonly string[] {
  const { partition, input } = event;
  switch (input.kind) {
    case 'fill':
    case 'order':
      return keysByOrder(partition, input, lookup);
    case 'movement':
      return keysByMarket(partition, input, lookup);
    case 'record':
      return keysOfOpenOrders(partition, input, lookup);
    case 'command':
      return input.command === 'REVERSE_FILL' ? keysByFill(partition, input.fillId, lookup) : [];
    default:
      return [];
  }
}

function keysOfTrade(partition: number, input: FillDraft | OrderDraft): readonly string[] {
  const { account, orderId, orderHash } = input;
  return [
    ...marketKeys(partition, input),
    ...(account === null ? [] : [sourceKey(account), ...heldKeys(partition, account, input)]),
    ...(orderId === null ? [] : [orderKey(orderId)]),
    ...(orderHash === null ? [] : [orderHashKey(orderHash)]),
    ...(input.kind === 'order' ? keysOfOrder(partition, input) : []),
  ];
}

function keysOfOrder(partition: number, order: OrderDraft): readonly string[] {
  const { reservationId: id } = order;
  return [...openKeys(partition, order), ...(id === null ? [] : [reservationKey(id)])];
}

/** What a report takes from its order: account, token and condition. */
function keysByOrder(
  partition: number,
  input: FillDraft | OrderDraft,
  lookup: Lookup<Entity>,
): readonly string[] {
  const order = orderIn(input, lookup);
  if (order === null) return [];
  const names = {
    tokenId: input.tokenId ?? order.tokenId,
    conditionId: input.conditionId ?? order.conditionId,
  };
  const account = input.account ?? order.account;
  const held = heldKeys(partition, account, names);
  if (input.kind === 'order') return [...held, ...openKeys(partition, order)];
  return [...held, ...marketKeys(partition, names), ...beginningKeys(account)];
}

function orderIn(
  { orderId, orderHash }: Pick<FillDraft, 'orderId' | 'orderHash'>,
  lookup: Lookup<Entity>,
): OrderState | null {
  const named = orderId === null ? undefined : lookup.get(orderKey(orderId));
  const order = named ?? (orderHash === null ? undefined : lookup.get(orderHashKey(orderHash)));
  return order?.kind === 'order' ? order : null;
}

function keysOfMovement(partition: number, draft: MovementDraft): readonly string[] {
  const { account, type, value } = draft;
  const txHash = value.tx_hash ?? '';
  const common = [
    movedKey(txHash, account),
    claimsKey(account, txHash),
    doubtsKey(partition),
    ...beginningKeys(account),
  ];
  const held = (tokens: readonly string[]): readonly string[] =>
    tokens.map((token) => heldKey(partition, account, tokenPlace(token)));
  switch (type) {
    case 'PositionsSplit':
    case 'PositionsMerged':
    case 'PositionsRedeemed': {
      const { condition_id: conditionId, legs } = value;
      const own = (legs ?? []).map((leg) => leg.token_id);
      return [
        ...common,
        ...marketKeys(partition, { conditionId, tokenId: null }),
        heldKey(partition, account, conditionId),
        ...held([...possibleTokens(conditionId), ...own]),
      ];
    }
    case 'PositionsConverted': {
      const legs = [...(value.legs_out ?? []), ...(value.legs_in ?? [])];
      return [
        ...common,
        eventKey(value.neg_risk_market_id),
        ...held(legs.map((leg) => leg.token_id)),
      ];
    }
    case 'TokensTransferred': {
      const names = { conditionId: value.condition_id, tokenId: value.token_id };
      const places = heldKeys(partition, account, names);
      return [...common, ...marketKeys(partition, names), ...places];
    }
    case 'CashMoved':
      return common;
  }
}

/** The tokens that a definition, or what was written of it, names for a movement's market. */
function keysByMarket(
  partition: number,
  { account, type, value }: MovementDraft,
  lookup: Lookup<Entity>,
): readonly string[] {
  const held = (place: string): string => heldKey(partition, account, place);
  if (type === 'PositionsConverted') {
    const facts = lookup.get(eventKey(value.neg_risk_market_id));
    const definition = facts?.kind === 'facts' ? facts.definition : null;
    if (definition === null) return [];
    const market = marketKey(partition, definition.condition_id);
    return [market, ...definition.questions.flatMap(placesOfQuestion).map(held)];
  }
  if (type === 'CashMoved' || type === 'TokensTransferred') return [];
  const { condition_id: conditionId } = value;
  const facts = lookup.get(factsKey(conditionId));
  const market = lookup.get(marketKey(partition, conditionId));
  const defined = facts?.kind === 'facts' ? (facts.definition?.tokens ?? []) : [];
  const written = market?.kind === 'market' ? tokensOfMarket(market) : [];
  const tokens = [...defined.map((token) => token.token_id), ...written];
  return tokens.map((token) => held(tokenPlace(token)));
}

type Question = {
  readonly condition_id: string;
  readonly yes_token_id: string;
  readonly no_token_id: string;
};

function placesOfQuestion(question: Question): readonly string[] {
  const { condition_id: condition, yes_token_id: yes, no_token_id: no } = question;
  return [condition, tokenPlace(yes), tokenPlace(no)];
}

/** Tokens that stand in a market's state, as JSON. */
export function tokensOfMarket({ tokens }: { readonly tokens: string }): readonly string[] {
  const list = JSON.parse(tokens) as readonly { readonly tokenId: string }[];
  return list.map((token) => token.tokenId);
}

function keysOfCommand(partition: number, draft: CommandDraft): readonly string[] {
  const own = commandKey(draft.commandId);
  switch (draft.command) {
    case 'RESERVE':
      return [own, reservationKey(draft.reservationId)];
    case 'CLAIM_JOB':
      return [own, claimsKey(draft.account, draft.txHash)];
    case 'FAIL_JOB':
      return [own];
    case 'DECLARE_OPENING_BALANCE': {
      const { account, positions } = draft;
      const keys = positions.flatMap((position) => [
        ...marketKeys(partition, position),
        ...heldKeys(partition, account, position),
      ]);
      return [own, ...beginningKeys(account), ...keys];
    }
    case 'RELEASE_FILL':
    case 'REVERSE_FILL':
      return [own, fillKey(draft.fillId), reviewKey(draft.fillId)];
    case 'APPROVE':
      return [releaseKey(partition, draft.commandId)];
  }
}

/** The holding that a reversed fill leaves, and the place on the chain that it gives up. */
function keysByFill(partition: number, fillId: string, lookup: Lookup<Entity>): readonly string[] {
  const { coordinates, place, account } = keysOfReversed(lookup.get(fillKey(fillId)));
  const held = place === null || account === null ? [] : [heldKey(partition, account, place)];
  return coordinates === null ? held : [...held, coordinates];
}

function keysOfRecord(partition: number, record: ReadyRecord): readonly string[] {
  const condition = conditionIn(record);
  if (condition === null) return [];
  if (record.type !== 'MarketResolved') return [marketKey(partition, condition)];
  return placesOfResolved(condition).flatMap((place) => [
    marketKey(partition, place),
    openKey(partition, place),
  ]);
}

function keysOfOpenOrders(
  partition: number,
  record: ReadyRecord,
  lookup: Lookup<Entity>,
): readonly string[] {
  const condition = conditionIn(record);
  if (condition === null || record.type !== 'MarketResolved') return [];
  return placesOfResolved(condition).flatMap((place) => {
    const open = lookup.get(openKey(partition, place));
    return open?.kind === 'open' ? [...open.orders].map(orderKey) : [];
  });
}

/** The condition that a ready-made record of a market names. */
export function conditionIn({ type, value }: ReadyRecord): string | null {
  if (type !== 'MarketResolved' && type !== 'MarketStatusChanged') return null;
  const condition = value['condition_id'];
  return typeof condition === 'string' ? condition : null;
}

/** A condition, and each token that can be of it: where an order may be kept that is in it. */
export function placesOfResolved(condition: string): readonly string[] {
  return [condition, ...possibleTokens(condition).map(tokenPlace)];
}

/** What says where the books of an account begin: what it had then, and what came after. */
function beginningKeys(account: string | null): readonly string[] {
  return account === null ? [] : [openingKey(account), begunKey(account)];
}

function heldKeys(partition: number, account: string, names: MarketNames): readonly string[] {
  const place = placeOf(names);
  return place === null ? [] : [heldKey(partition, account, place)];
}

function openKeys(partition: number, names: MarketNames): readonly string[] {
  const place = placeOf(names);
  return place === null ? [] : [openKey(partition, place)];
}

function marketKeys(partition: number, { tokenId, conditionId }: MarketNames): string[] {
  const keys = tokenId === null ? [] : [markKey(tokenId)];
  if (conditionId !== null) {
    keys.push(factsKey(conditionId), marketKey(partition, conditionId));
  } else if (tokenId !== null) {
    keys.push(tokenKey(tokenId), marketKey(partition, tokenPlace(tokenId)));
  }
  return keys;
}
