/**
 * What a raw input says once it has been read: a fill, an order, or a refusal with its reason.
 * Drafts carry exact integers and nothing that was looked up: what a source does not know is null
 * here and is filled in, or named in `incomplete_reasons`, by the writer.
 */

import { type Records } from '@polytraders/contracts';
import {
  type FillStatus,
  type IdentityRecipe,
  type Liquidity,
  type OrderSide,
} from '@polytraders/domain';
import { type PriceE18, type PusdMicros, type ShareMicros } from '@polytraders/money';
import { type MovementType } from './raw.ts';

/** Integer microseconds since 1970, UTC. */
export type TimeMicros = number;

/** Which half of the world an input came from; `accounts.json` says which one is of record. */
export type SourceOfRecord = 'bus' | 'venue' | 'chain' | 'file';

export type OrderStatus = 'OPEN' | 'FILLED' | 'CANCELLED' | 'REJECTED' | 'EXPIRED';
export type FeeSource = 'CHAIN' | 'MATCH_EVENT' | 'DECLARED';

export type FillDraft = {
  readonly kind: 'fill';
  readonly source: SourceOfRecord;
  readonly recipe: IdentityRecipe;
  readonly fillId: string;
  readonly status: FillStatus;
  /** Null only on the specification's bare form, whose order knows it. */
  readonly account: string | null;
  readonly tradingBotId: string | null;
  /** The bot of an import whose operator named none. Weaker than what an order or account says. */
  readonly fallbackBot: string | null;
  readonly orderId: string | null;
  readonly conditionId: string | null;
  readonly venueMarketId: string | null;
  readonly tokenId: string | null;
  readonly orderSide: OrderSide | null;
  readonly side: Liquidity | null;
  readonly quantity: ShareMicros;
  readonly notional: PusdMicros;
  readonly price: PriceE18;
  readonly feePusd: PusdMicros | null;
  readonly feeBps: number | null;
  readonly feeSource: FeeSource | null;
  /** Who answers for a declared fee. */
  readonly feeDeclaredBy: string | null;
  readonly builderCode: string | null;
  readonly builderFeePusd: PusdMicros | null;
  readonly strategySlug: string | null;
  readonly userId: string | null;
  readonly negRisk: boolean | null;
  readonly txHash: string | null;
  readonly orderHash: string | null;
  readonly logIndex: number | null;
  readonly blockNumber: number | null;
  readonly blockHash: string | null;
  readonly markPrice: PriceE18 | null;
  readonly markObservedAt: TimeMicros | null;
  /** Null where the source has no time; the writer then takes the time of receipt and says so. */
  readonly effectiveAt: TimeMicros | null;
  readonly correlationId: string | null;
  readonly paper: boolean;
  /** Markets of a file without ids are made from its own columns; their tokens, or null. */
  readonly synthesised: SynthesisedMarket | null;
  /** Reason codes that hold for the fill (a price that its cash contradicts, …). */
  readonly flags: readonly string[];
  /** What the source does not know, as reason codes (`GOV_TIME_UNKNOWN`, …). */
  readonly incompleteReasons: readonly string[];
};

/** A market that is known only by the columns of an imported file. */
export type SynthesisedMarket = {
  readonly conditionId: string;
  readonly tokens: readonly { readonly tokenId: string; readonly outcome: string }[];
};

export type OrderDraft = {
  readonly kind: 'order';
  readonly source: SourceOfRecord;
  readonly orderId: string;
  readonly status: OrderStatus;
  readonly account: string | null;
  readonly tradingBotId: string | null;
  readonly conditionId: string | null;
  readonly venueMarketId: string | null;
  readonly tokenId: string | null;
  readonly orderSide: OrderSide | null;
  readonly price: PriceE18 | null;
  readonly quantity: ShareMicros | null;
  readonly maxFeePusd: PusdMicros | null;
  readonly expiresAt: TimeMicros | null;
  readonly reservationId: string | null;
  readonly orderHash: string | null;
  readonly effectiveAt: TimeMicros | null;
  readonly correlationId: string | null;
  readonly paper: boolean;
};

/** Members of a movement's record that the writer adds. */
type AddedName =
  | 'event_id'
  | 'correlation_id'
  | 'causation_id'
  | 'producer'
  | 'effective_at'
  | 'recorded_at'
  | 'source'
  | 'source_position'
  | 'job_id';

/** Members that a source may not know and the writer then finds, or sets the input aside. */
export type OpenName =
  'legs' | 'index_set' | 'fee_bips' | 'question_count' | 'legs_out' | 'legs_in';

/** A movement's record as far as its source tells it. */
export type MovementSaid<Type extends MovementType> = {
  readonly [Name in Exclude<keyof Records[Type], AddedName>]: Name extends OpenName
    ? Records[Type][Name] | null
    : Records[Type][Name];
};

/** Shares of one token that moved. */
export type TokenLeg = Records['PositionsSplit']['legs'][number];

export type MovementValue = {
  readonly [Type in MovementType]: { readonly type: Type; readonly value: MovementSaid<Type> };
}[MovementType];

/** What moved shares or cash of one wallet in one transaction without a trade. */
export type MovementDraft = {
  readonly kind: 'movement';
  readonly source: 'chain' | 'file';
  readonly account: string;
  readonly effectiveAt: TimeMicros;
} & MovementValue;

/** A decision that was asked of the ledger, whole as far as its own words go. */
export type CommandDraft = {
  readonly kind: 'command';
  /** `event_id` of the command: the same again is a duplicate. */
  readonly commandId: string;
  /** Hash of what it says. */
  readonly content: string;
  /** `*` where it concerns all partitions. */
  readonly account: string;
  readonly effectiveAt: TimeMicros;
  readonly correlationId: string;
  readonly proposedBy: string;
  readonly approvedBy: string | null;
  readonly reason: string;
  /** Place among the events of all partitions; null for a command of one account. */
  readonly marketSeq: number | null;
} & CommandArguments;

export type CommandArguments =
  | {
      readonly command: 'RESERVE';
      readonly reservationId: string;
      readonly tradingBotId: string | null;
      /** Shares of a token, or pUSD; the other one is null. */
      readonly tokenId: string | null;
      readonly quantity: ShareMicros | null;
      readonly amount: PusdMicros | null;
      readonly maxFee: PusdMicros | null;
      readonly ttlMs: number;
    }
  | {
      readonly command: 'CLAIM_JOB';
      readonly jobId: string;
      readonly txHash: string;
      readonly claimedBy: string;
    }
  | {
      readonly command: 'FAIL_JOB';
      readonly jobId: string;
      readonly txHash: string | null;
      readonly failedBy: string;
    }
  | {
      readonly command: 'DECLARE_OPENING_BALANCE';
      readonly balance: PusdMicros;
      readonly positions: readonly OpeningDraft[];
      readonly blockNumber: number | null;
      readonly blockHash: string | null;
    }
  | {
      readonly command: 'RELEASE_FILL';
      readonly fillId: string;
      /** The reviewed fee, the builder part in it; null leaves that part as it was. */
      readonly fee: PusdMicros;
      readonly builderFee: PusdMicros | null;
      readonly originalOffset: number | null;
    }
  | {
      readonly command: 'REVERSE_FILL';
      readonly fillId: string;
      readonly originalOffset: number | null;
    }
  | {
      readonly command: 'APPROVE';
      readonly releaseKind: 'WINDOW' | 'REVENUE' | 'MODE_HELD';
      readonly reportIds: readonly string[];
      readonly untilOffset: number | null;
    };

/** Shares that an account held before its books began. */
export type OpeningDraft = {
  readonly tradingBotId: string | null;
  readonly conditionId: string | null;
  readonly tokenId: string;
  readonly quantity: ShareMicros;
  readonly basis: PusdMicros | null;
  readonly acquiredAt: TimeMicros | null;
};

/** Why an input cannot be used (rule B18, first class). The sentence says expected, found. */
export type RefusalReason =
  | 'UNDECODABLE_INPUT'
  | 'INCOMPLETE_INPUT'
  | 'INVALID_INPUT'
  | 'PRICE_OUT_OF_RANGE'
  | 'QUANTITY_NOT_POSITIVE'
  | 'AMOUNT_TOO_FINE'
  | 'GOV_COMMAND_REFUSED'
  | 'GOV_MOVEMENT_UNCLASSIFIED';

export type Refusal = {
  readonly kind: 'refusal';
  readonly reason: RefusalReason;
  readonly because: string;
  readonly names?: RefusalNames;
  /** The block that it is of, where its source says it. */
  readonly blockNumber?: number;
};

/** Whose and which the refused input is, as far as it can be read; null where it cannot. */
export type RefusalNames = {
  readonly account: string | null;
  readonly fillId: string | null;
  readonly orderId: string | null;
};

export type Draft = FillDraft | OrderDraft | MovementDraft | CommandDraft | Refusal;

/** A refusal as a value. `because` is a sentence. */
export function refuse(reason: RefusalReason, because: string): Refusal {
  return { kind: 'refusal', reason, because };
}

/** A fill of which nothing is known but what every source must say; sources add what they know. */
export function unknownFill(): Omit<
  FillDraft,
  'source' | 'recipe' | 'fillId' | 'status' | 'account' | 'quantity' | 'notional' | 'price'
> {
  return {
    kind: 'fill',
    tradingBotId: null,
    fallbackBot: null,
    orderId: null,
    conditionId: null,
    venueMarketId: null,
    tokenId: null,
    orderSide: null,
    side: null,
    feePusd: null,
    feeBps: null,
    feeSource: null,
    feeDeclaredBy: null,
    builderCode: null,
    builderFeePusd: null,
    strategySlug: null,
    userId: null,
    negRisk: null,
    txHash: null,
    orderHash: null,
    logIndex: null,
    blockNumber: null,
    blockHash: null,
    markPrice: null,
    markObservedAt: null,
    effectiveAt: null,
    correlationId: null,
    paper: false,
    synthesised: null,
    flags: [],
    incompleteReasons: [],
  };
}
