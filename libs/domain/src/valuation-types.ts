/**
 * The words of a valuation (rules B4 and B5): what comes in, and what comes out. valuation.ts says
 * the rule.
 */

import { type PriceE18, type PusdMicros, type ShareMicros } from '@polytraders/money';
import { type TimeMicros } from './retention.ts';
import { type Payout } from './settlement/resolution.ts';

/** One book, as far as its value goes: an owner has one book a token. */
export type BookToValue = {
  readonly account: string;
  readonly bot: string;
  readonly token: string;
  /** Signed. */
  readonly shares: ShareMicros;
  /** Signed as the shares; null while the basis of an open lot is not known. */
  readonly basis: PusdMicros | null;
  /** As derived from the token's id (B5); false keeps it out of an event that lists it. */
  readonly negRisk: boolean | null;
};

/** A question of a negative-risk event and its two tokens. */
export type EventQuestion = {
  readonly conditionId: string;
  readonly yes: string;
  readonly no: string;
};

/** A negative-risk event with all its questions, by question index. */
export type EventDefinition = {
  readonly negRiskMarketId: string;
  readonly questions: readonly EventQuestion[];
};

export type ObservedKind = 'MID' | 'LAST' | 'REPORTED';

/** A price of a token as it was observed. */
export type ObservedMark = {
  readonly price: PriceE18;
  readonly kind: ObservedKind;
  /** Null where nobody knows: of unknown age, and stale. */
  readonly observedAt: TimeMicros | null;
};

/** Everything that prices, at one moment. */
export type Pricing = {
  /** The mark of a token by mid → last trade → previous mark; the caller has chosen. */
  readonly marks: ReadonlyMap<string, ObservedMark>;
  /** Payouts of the tokens of resolved conditions, whether anybody holds them or not. */
  readonly payouts: ReadonlyMap<string, Payout>;
  /** The moment of valuation: the fill's confirmation, or the end of the window. */
  readonly at: TimeMicros;
  /** `mark_age_limit_ms` in force. */
  readonly markAgeMsMax: number;
};

/** The mark behind a number. */
export type UsedMark = {
  /** The token it was observed of: of a NO in an event its question's YES. */
  readonly token: string;
  /** pUSD a share of the book's token, as observed, before it is normalised within the event. */
  readonly price: PriceE18;
  readonly kind: ObservedKind | 'PAYOUT';
  /** Null of a payout, and where it is not known. */
  readonly observedAt: TimeMicros | null;
  /** Whole milliseconds before the moment of valuation; negative where it is younger. */
  readonly ageMs: number | null;
  readonly stale: boolean;
};

/**
 * TOKEN: by its own mark. EVENT: with the whole event. TOKEN_OF_EVENT: by its own mark, because its
 * event could not be valued as a whole. PAYOUT: resolved. FLAT: nothing to value.
 */
export type ValuationBasis = 'TOKEN' | 'EVENT' | 'TOKEN_OF_EVENT' | 'PAYOUT' | 'FLAT';

export type ValuationFlag =
  | 'STALE_DATA'
  | 'GOV_MARK_MISSING'
  | 'GOV_BASIS_UNKNOWN'
  | 'GOV_NEGRISK_TOKEN_BY_TOKEN'
  | 'PNL_REPORTER_NEGRISK_DETECTED';

export type BookValuation = {
  readonly book: BookToValue;
  readonly by: ValuationBasis;
  /** Null without a mark, never 0; a flat book is worth 0. */
  readonly value: PusdMicros | null;
  /** value − basis; null without either. */
  readonly unrealised: PusdMicros | null;
  readonly mark: UsedMark | null;
  /**
   * pUSD a share that it was valued at, at 18 decimals half-even: the mark, in an event normalised,
   * so that the YES of the event sum to 1. Null where it was not.
   */
  readonly price: PriceE18 | null;
  /** Whether any mark behind the value is stale: of an event that of any open question. */
  readonly stale: boolean;
  /** The event that it was valued with or should have been; null of a plain token. */
  readonly negRiskMarketId: string | null;
  /** Sorted. */
  readonly flags: readonly ValuationFlag[];
};

/** One event of one owner. */
export type EventValuation = {
  readonly account: string;
  readonly bot: string;
  readonly negRiskMarketId: string;
  /** Σ of its books, exactly; null where one of them has no value. */
  readonly value: PusdMicros | null;
  readonly unrealised: PusdMicros | null;
  /** Σ of the YES marks of all questions as observed, in 10⁻¹⁸; null where one has none. */
  readonly rawSum: bigint | null;
  readonly tokenByToken: boolean;
};

export type Valuation = {
  /** In the order in which the books came. */
  readonly books: readonly BookValuation[];
  /** One for each owner and event that has an open book; by account, bot and event. */
  readonly events: readonly EventValuation[];
  /** The observed marks that went into any number, once each, by token. Payouts are none. */
  readonly marks: readonly UsedMark[];
  /** Σ unrealised; null where one is null. */
  readonly unrealised: PusdMicros | null;
  /** Sorted, over all books. */
  readonly flags: readonly ValuationFlag[];
};
