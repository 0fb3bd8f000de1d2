/**
 * What the writer remembers, as entities with keys.
 *
 *   fill|<id>                      what is known of a fill; one row a fill, unique over all
 * partitions
 *   coordinates|<tx>:<order hash>  the same fill, found by its place on the chain
 *   order|<id>, order-hash|<hash>  an order
 *   source|<account>               which source spoke first of an account that is not declared
 *   doubts|<partition>             its accounts of which the sources said two things
 *   market|<partition>|<condition> what of a market stands on this partition's log
 *   facts|<condition>, token|<id>  definition and marks, written by the bus reader: volatile
 *   mark|<token>                   the token's own marks, whatever is defined: volatile
 */

import { type MarketDefinition } from '@polytraders/contracts';
import { type FillStatus, type IdentityRecipe, type OrderSide } from '@polytraders/domain';
import { type PriceE18, type PusdMicros, type ShareMicros } from '@polytraders/money';
import {
  type FeeSource,
  type OrderStatus,
  type SourceOfRecord,
  type TimeMicros,
} from '../draft.ts';
import { type Lookup } from '@polytraders/stream';
import { type InboxEvent } from '../inbox-event.ts';

export type FillState = {
  readonly kind: 'fill';
  readonly fillId: string;
  readonly partition: number;
  readonly account: string;
  readonly source: SourceOfRecord;
  readonly recipe: IdentityRecipe;
  readonly status: FillStatus;
  /** The id under which the same fill stands on the log, where it is not this one. */
  readonly joinedTo: string | null;
  readonly joinedSources: readonly SourceOfRecord[];
  readonly orderId: string | null;
  readonly tradingBotId: string;
  readonly tokenId: string;
  readonly orderSide: OrderSide;
  readonly quantity: ShareMicros;
  readonly notional: PusdMicros;
  /** The gross fee, where one was stated. */
  readonly fee: PusdMicros | null;
  /** Where it was stated in basis points: those; the other two as the first who stated it said. */
  readonly feeBps: number | null;
  readonly feeSource: FeeSource | null;
  readonly feeDeclaredBy: string | null;
  readonly txHash: string | null;
  readonly orderHash: string | null;
  readonly logIndex: number | null;
  readonly blockNumber: number | null;
  readonly matchedAt: TimeMicros | null;
  /** The end that a source not of record has told, where the fill had none yet. */
  readonly toldEnd: FillStatus | null;
  readonly paper: boolean;
  /** event_id of its last record on the log; null while it has none. */
  readonly eventId: string | null;
  /**
   * Whether its two hashes are its place, found under `coordinates|`. Not where they came one by
   * one in two reports: then nobody has asked whose place they are together.
   */
  readonly hasPlace: boolean;
  /** The last input that was applied, as it arrived: shown beside one that contradicts it. */
  readonly bytes: Buffer;
};

export type OrderState = {
  readonly kind: 'order';
  readonly orderId: string;
  readonly partition: number;
  readonly orderHash: string | null;
  readonly account: string;
  readonly tradingBotId: string;
  readonly conditionId: string | null;
  readonly venueMarketId: string | null;
  readonly tokenId: string | null;
  readonly orderSide: OrderSide | null;
  readonly price: PriceE18 | null;
  readonly quantity: ShareMicros | null;
  readonly expiresAt: TimeMicros | null;
  readonly status: OrderStatus;
  readonly paper: boolean;
  /** The source that spoke first of its account, for reports that name the order only. */
  readonly first: SourceOfRecord | null;
  readonly eventId: string;
};

/** Which source spoke first of an account that is not declared: it is of record (B9). */
export type SourceState = {
  readonly kind: 'source';
  readonly partition: number;
  readonly account: string;
  readonly source: SourceOfRecord;
};

/** Why an account's books are in doubt: the first input that was set aside for it. */
export type Doubt = {
  readonly reason: string;
  readonly source: string;
  readonly sourcePosition: string;
};

/**
 * The accounts of a partition whose books are in doubt. One entity for all of them, because the
 * account of a bare report is known only once its order has been asked.
 */
export type DoubtsState = {
  readonly kind: 'doubts';
  readonly partition: number;
  readonly accounts: ReadonlyMap<string, Doubt>;
};

/** What of a market was written to a partition's log. */
export type MarketState = {
  readonly kind: 'market';
  readonly partition: number;
  /** The condition, or the `tokenPlace` of one of its tokens: the same state under both. */
  readonly place: string;
  /** Hash of the definition last written there. */
  readonly definitionHash: string;
  readonly synthesised: boolean;
  /** Token ids with their outcomes, as JSON: a synthesised market grows by what rows name. */
  readonly tokens: string;
};

export type KnownMark = {
  readonly tokenId: string;
  readonly kind: 'MID' | 'LAST';
  readonly price: PriceE18;
  readonly observedAt: TimeMicros;
};

/** What market data says of a condition now: a definition, and marks of all tokens of its event. */
export type MarketFacts = {
  readonly kind: 'facts';
  readonly definition: MarketDefinition | null;
  readonly definitionHash: string | null;
  readonly marks: readonly KnownMark[];
};

export type Entity = FillState | OrderState | SourceState | DoubtsState | MarketState | MarketFacts;

export const fillKey = (fillId: string): string => `fill|${fillId}`;
export const coordinatesKey = (txHash: string, orderHash: string): string =>
  `coordinates|${txHash}:${orderHash}`;
export const orderKey = (orderId: string): string => `order|${orderId}`;
export const orderHashKey = (hash: string): string => `order-hash|${hash}`;
export const sourceKey = (account: string): string => `source|${account}`;
export const doubtsKey = (partition: number): string => `doubts|${String(partition)}`;
export const marketKey = (partition: number, conditionId: string): string =>
  `market|${String(partition)}|${conditionId}`;
/** Where a market's state is found by one of its tokens, for inputs that know no condition. */
export const tokenPlace = (tokenId: string): string => `token:${tokenId}`;
export const factsKey = (conditionId: string): string => `facts|${conditionId}`;
export const tokenKey = (tokenId: string): string => `token|${tokenId}`;
export const markKey = (tokenId: string): string => `mark|${tokenId}`;

/** Entities that the bus reader writes: read anew for each batch, never put. */
export function isVolatileKey(key: string): boolean {
  return /^(facts|token|mark)\|/.test(key);
}

/**
 * Entities whose rows all partitions share. A miss in the cache proves nothing about them, not
 * even in a partition that was read from its beginning.
 */
export function isGlobalKey(key: string): boolean {
  return /^(fill|coordinates|order|order-hash)\|/.test(key);
}

/** Keys of everything that `step` may look up for what an event says by itself. */
export function keysOf(event: InboxEvent): readonly string[] {
  const { input } = event;
  if (input.kind === 'refusal' || input.kind === 'record' || input.kind === 'movement') return [];
  const keys = marketKeys(event.partition, input);
  if (input.kind === 'fill') {
    keys.push(fillKey(input.fillId), doubtsKey(event.partition));
    if (input.txHash !== null && input.orderHash !== null) {
      keys.push(coordinatesKey(input.txHash, input.orderHash));
    }
  }
  if (input.account !== null) keys.push(sourceKey(input.account));
  if (input.orderId !== null) keys.push(orderKey(input.orderId));
  if (input.orderHash !== null) keys.push(orderHashKey(input.orderHash));
  return keys;
}

/** And what a fill takes from its order: the market of the order's token and condition. */
export function keysThen(event: InboxEvent, lookup: Lookup<Entity>): readonly string[] {
  const { input } = event;
  if (input.kind !== 'fill' || (input.tokenId !== null && input.conditionId !== null)) return [];
  const { orderId, orderHash } = input;
  const named = orderId === null ? undefined : lookup.get(orderKey(orderId));
  const order = named ?? (orderHash === null ? undefined : lookup.get(orderHashKey(orderHash)));
  if (order?.kind !== 'order') return [];
  return marketKeys(event.partition, {
    tokenId: input.tokenId ?? order.tokenId,
    conditionId: input.conditionId ?? order.conditionId,
  });
}

type MarketNames = { readonly tokenId: string | null; readonly conditionId: string | null };

function marketKeys(partition: number, { tokenId, conditionId }: MarketNames): string[] {
  const keys = tokenId === null ? [] : [markKey(tokenId)];
  if (conditionId !== null) {
    keys.push(factsKey(conditionId), marketKey(partition, conditionId));
  } else if (tokenId !== null) {
    keys.push(tokenKey(tokenId), marketKey(partition, tokenPlace(tokenId)));
  }
  return keys;
}
