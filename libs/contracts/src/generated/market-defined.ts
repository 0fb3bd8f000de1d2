// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type RateMicros,
} from '@polytraders/money';
import {
  closedSet,
  type Input,
  readArray,
  readBoolean,
  readDate,
  readDecimal,
  readLong,
  readOneOf,
  readPresent,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeArray,
  writeBoolean,
  writeDate,
  writeDecimal,
  writeLong,
  writeNull,
  writeOneOf,
  writePresent,
  writeString,
} from '../avro/output.ts';
import {
  readOutcomeToken,
  type OutcomeToken,
  writeOutcomeToken,
} from './outcome-token.ts';
import {
  readQuestion,
  type Question,
  writeQuestion,
} from './question.ts';
import {
  readFeeSchedule,
  type FeeSchedule,
  writeFeeSchedule,
} from './fee-schedule.ts';

const STATUS = closedSet('status', [
  'OPEN',
  'CLOSED',
  'PROPOSED',
  'DISPUTED',
  'RESOLVED',
]);

const SOURCE = closedSet('source', [
  'bus',
  'file',
  'venue',
  'chain',
  'commands',
  'clock',
]);

/** What a market is, written to a partition before its first use there and when it changes. */
export type MarketDefined = {
  /** Identity of this record. Derived from its cause, so that a replay yields the same id. */
  readonly event_id: string;
  /** Follows one business fact through every record that it causes. */
  readonly correlation_id: string;
  /** event_id of the record that caused this one; null where the cause came from outside. */
  readonly causation_id: string | null;
  /** Processor that wrote this record, as id and version: fill-ingestor/1. */
  readonly producer: string;
  /** When it happened, UTC, microseconds since 1970. */
  readonly effective_at: number;
  /** When it was written, UTC, microseconds since 1970. Of an emitted record: recorded_at of the log event that caused it. */
  readonly recorded_at: number;
  /** Condition (the market), bytes32 as 0x…. */
  readonly condition_id: string;
  /** The venue's own market id where it differs from the condition; null where not given. */
  readonly venue_market_id: string | null;
  /** Outcome tokens by outcome index. */
  readonly tokens: readonly OutcomeToken[];
  /** Negative-risk event that this condition is a question of; null for a plain market. */
  readonly neg_risk_market_id: string | null;
  /** All questions of that event; empty for a plain market. */
  readonly questions: readonly Question[];
  /** Share of the fee that makers get back, a ratio; null where not known. */
  readonly maker_rebate_rate: RateMicros | null;
  /** The venue's fee formula; null where not known. */
  readonly fee_schedule: FeeSchedule | null;
  /** Where the market stands. */
  readonly status: 'OPEN' | 'CLOSED' | 'PROPOSED' | 'DISPUTED' | 'RESOLVED';
  /** Day on which the market ends, UTC; null where not known. */
  readonly end_date: string | null;
  /** True when made from the columns of an imported file instead of a market definition. */
  readonly synthesised: boolean;
  /** Reader that brought this fact. */
  readonly source: 'bus' | 'file' | 'venue' | 'chain' | 'commands' | 'clock';
  /** Place in the source: topic/partition/offset, file hash and row, or block and log index. */
  readonly source_position: string;
};

export function readMarketDefined(input: Input): MarketDefined {
  return {
    event_id: readString(input),
    correlation_id: readString(input),
    causation_id: readPresent(input) ? readString(input) : null,
    producer: readString(input),
    effective_at: readLong(input),
    recorded_at: readLong(input),
    condition_id: readString(input),
    venue_market_id: readPresent(input) ? readString(input) : null,
    tokens: readArray(input, readOutcomeToken),
    neg_risk_market_id: readPresent(input) ? readString(input) : null,
    questions: readArray(input, readQuestion),
    maker_rebate_rate: readPresent(input) ? readDecimal(input) as RateMicros : null,
    fee_schedule: readPresent(input) ? readFeeSchedule(input) : null,
    status: readOneOf(input, STATUS),
    end_date: readPresent(input) ? readDate(input) : null,
    synthesised: readBoolean(input),
    source: readOneOf(input, SOURCE),
    source_position: readString(input),
  };
}

export function writeMarketDefined(output: Output, value: MarketDefined): void {
  writeString(output, value.event_id);
  writeString(output, value.correlation_id);
  if (value.causation_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.causation_id);
  }
  writeString(output, value.producer);
  writeLong(output, value.effective_at);
  writeLong(output, value.recorded_at);
  writeString(output, value.condition_id);
  if (value.venue_market_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.venue_market_id);
  }
  writeArray(output, value.tokens, writeOutcomeToken);
  if (value.neg_risk_market_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.neg_risk_market_id);
  }
  writeArray(output, value.questions, writeQuestion);
  if (value.maker_rebate_rate === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.maker_rebate_rate);
  }
  if (value.fee_schedule === null) writeNull(output);
  else {
    writePresent(output);
    writeFeeSchedule(output, value.fee_schedule);
  }
  writeOneOf(output, STATUS, value.status);
  if (value.end_date === null) writeNull(output);
  else {
    writePresent(output);
    writeDate(output, value.end_date);
  }
  writeBoolean(output, value.synthesised);
  writeOneOf(output, SOURCE, value.source);
  writeString(output, value.source_position);
}
