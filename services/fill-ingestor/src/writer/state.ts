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
 *   open|<partition>|<place>       the open orders of a condition or token
 *   held|<partition>|<account>|<place>  shares that a wallet holds of a condition or token
 *   moved|<tx>|<account>           movements of a wallet in one transaction
 *   claims|<account>|<tx>          its settlement jobs that were claimed with a transaction
 *   command|<id>, reservation|<id>, opening|<account>  commands that were carried out
 *   begun|<account>                how far back the entries of an account reach
 *   day|<partition>|<date>         a UTC day that confirmed fills fall into
 *   review|<fill>                  a fill that was released or reversed
 *   release|<partition>|<command>  an approval of reports that stands on this partition's log
 *   facts|<condition>, token|<id>  definition and marks, written by the bus reader: volatile
 *   event|<neg-risk market>        the fullest definition of an event's questions: volatile
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
import { type MovementType } from '../raw.ts';

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
  /** confirmed_at of its FillConfirmed, and the condition that it names; null before. */
  readonly confirmedAt: TimeMicros | null;
  readonly conditionId: string | null;
  /** confirmedAt where the record names a transaction and no block: its receipt is asked for. */
  readonly unplacedAt: TimeMicros | null;
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
  /** As a report of the order has named it; null where none has. */
  readonly tradingBotId: string | null;
  readonly conditionId: string | null;
  readonly venueMarketId: string | null;
  readonly tokenId: string | null;
  readonly orderSide: OrderSide | null;
  readonly price: PriceE18 | null;
  readonly quantity: ShareMicros | null;
  readonly expiresAt: TimeMicros | null;
  readonly status: OrderStatus | 'MARKET_RESOLVED';
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
  /** Payout numerators as JSON once the condition is resolved on this log; null before. */
  readonly resolution: string | null;
};

/** The open orders of a condition; of a token, where the order names no condition. */
export type OpenState = {
  readonly kind: 'open';
  readonly orders: ReadonlySet<string>;
};

/**
 * Shares by token that confirmed fills and movements have brought to a wallet, under the condition
 * that they named, else under the token itself. What is held of a token is the sum of both places.
 */
export type HeldState = {
  readonly kind: 'held';
  readonly partition: number;
  readonly account: string;
  readonly place: string;
  readonly tokens: ReadonlyMap<string, ShareMicros>;
  /** By token the bot whose fills alone moved it; null where another, or no fill, has, too. */
  readonly onlyBots: ReadonlyMap<string, string | null>;
};

/** A movement that stands on the log. */
export type Moved = {
  readonly type: MovementType;
  /** Who told it first: its record is on the log. */
  readonly source: 'chain' | 'file';
  /** What the record says besides envelope, source and coordinates, as JSON. */
  readonly content: string;
  /** When it happened, where the record names no block: its transaction's receipt is asked for. */
  readonly unplacedAt: TimeMicros | null;
  readonly eventId: string;
  readonly bytes: Buffer;
};

/** The movements of one wallet in one transaction, by their place in it. */
export type MovedState = {
  readonly kind: 'moved';
  readonly partition: number;
  readonly txHash: string;
  readonly account: string;
  readonly places: ReadonlyMap<string, Moved>;
};

/** Who claimed which settlement jobs of an account with one transaction. */
export type ClaimsState = {
  readonly kind: 'claims';
  readonly partition: number;
  readonly account: string;
  readonly txHash: string;
  readonly jobs: ReadonlyMap<string, { readonly claimedBy: string }>;
};

/** A command that was carried out. */
export type CommandState = {
  readonly kind: 'command';
  readonly partition: number;
  readonly commandId: string;
  readonly content: string;
  readonly eventId: string;
};

/** An id of a reservation is one account's: that asked for it, or named it on an order. */
export type ReservationState = {
  readonly kind: 'reservation';
  readonly partition: number;
  readonly reservationId: string;
  readonly account: string;
  /** The deadline of its request, the clock's to watch; null while only an order has named it. */
  readonly expiresAt: TimeMicros | null;
};

/** An account whose opening balance was declared: its books begin once. */
export type OpeningState = {
  readonly kind: 'opening';
  readonly partition: number;
  readonly account: string;
  readonly eventId: string;
  /** The block at whose end the account had that; null where it was declared without one. */
  readonly block: number | null;
  /** And when. */
  readonly at: TimeMicros;
};

/** How far back the fills and movements of an account reach that stand on the log. */
export type BegunState = {
  readonly kind: 'begun';
  readonly partition: number;
  readonly account: string;
  /** The lowest block that one of them names; null where none does. */
  readonly lowestBlock: number | null;
  readonly earliestAt: TimeMicros;
  /** The earliest of those that name no block; null where all do. */
  readonly earliestLooseAt: TimeMicros | null;
};

/** A UTC day that confirmed fills of a partition fall into, or what moved without a trade. */
export type DayState = {
  readonly kind: 'day' | 'moved-day';
  readonly partition: number;
  /** `2026-05-08`. */
  readonly day: string;
  /** When the last of these came in, to a few seconds. */
  readonly lastAt: TimeMicros;
};

/** What a reviewed command has decided of a fill. */
export type ReviewState = {
  readonly kind: 'review';
  readonly partition: number;
  readonly fillId: string;
  readonly status: 'RELEASED' | 'REVERSED';
  readonly eventId: string;
};

/** An approval of reports; every partition has it. */
export type ReleaseState = {
  readonly kind: 'release';
  readonly partition: number;
  readonly commandId: string;
  readonly content: string;
  readonly eventId: string;
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

export type Entity =
  | FillState
  | OrderState
  | SourceState
  | DoubtsState
  | MarketState
  | OpenState
  | HeldState
  | MovedState
  | ClaimsState
  | CommandState
  | ReservationState
  | OpeningState
  | BegunState
  | DayState
  | ReviewState
  | ReleaseState
  | MarketFacts;

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
/** The condition, else the token: under what an order or a holding is kept. Null without either. */
export function placeOf({ conditionId, tokenId }: MarketNames): string | null {
  return conditionId ?? (tokenId === null ? null : tokenPlace(tokenId));
}
export const openKey = (partition: number, place: string): string =>
  `open|${String(partition)}|${place}`;
export const heldKey = (partition: number, account: string, place: string): string =>
  `held|${String(partition)}|${account}|${place}`;
export const movedKey = (txHash: string, account: string): string => `moved|${txHash}|${account}`;
export const claimsKey = (account: string, txHash: string): string => `claims|${account}|${txHash}`;
export const commandKey = (commandId: string): string => `command|${commandId}`;
export const reservationKey = (reservationId: string): string => `reservation|${reservationId}`;
export const openingKey = (account: string): string => `opening|${account}`;
export const begunKey = (account: string): string => `begun|${account}`;
export const dayKey = (kind: DayState['kind'], partition: number, day: string): string =>
  `${kind}|${String(partition)}|${day}`;
export const reviewKey = (fillId: string): string => `review|${fillId}`;
export const releaseKey = (partition: number, commandId: string): string =>
  `release|${String(partition)}|${commandId}`;
export const factsKey = (conditionId: string): string => `facts|${conditionId}`;
export const tokenKey = (tokenId: string): string => `token|${tokenId}`;
export const markKey = (tokenId: string): string => `mark|${tokenId}`;
export const eventKey = (marketId: string): string => `event|${marketId}`;

/** What an input says of its market; null where it does not. */
export type MarketNames = { readonly tokenId: string | null; readonly conditionId: string | null };

/** Entities that the bus reader writes: read anew for each batch, never put. */
export function isVolatileKey(key: string): boolean {
  return /^(facts|token|mark|event)\|/.test(key);
}

/**
 * Entities whose rows all partitions share. A miss in the cache proves nothing about them, not
 * even in a partition that was read from its beginning.
 */
export function isGlobalKey(key: string): boolean {
  return /^(fill|coordinates|order|order-hash|command|reservation|review)\|/.test(key);
}
