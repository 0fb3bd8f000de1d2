// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type RateMicros,
} from '@polytraders/money';
import {
  closedSet,
  type Input,
  readArray,
  readDate,
  readDecimal,
  readOneOf,
  readPresent,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeArray,
  writeDate,
  writeDecimal,
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

/** What a market is, as market data knows it. */
export type MarketDefinition = {
  /** Condition (the market), bytes32 as 0x…. */
  readonly condition_id: string;
  /** Outcome tokens by outcome index. */
  readonly tokens: readonly OutcomeToken[];
  /** Negative-risk event that this condition is a question of; null for a plain market. */
  readonly neg_risk_market_id: string | null;
  /** All questions of that event; empty for a plain market. */
  readonly questions: readonly Question[];
  /** Share of the fee that makers get back, a ratio from 0.20 to 0.25; null where not known. */
  readonly maker_rebate_rate: RateMicros | null;
  /** The venue's fee formula; null where not known. */
  readonly fee_schedule: FeeSchedule | null;
  /** Where the market stands. */
  readonly status: 'OPEN' | 'CLOSED' | 'PROPOSED' | 'DISPUTED' | 'RESOLVED';
  /** Day on which the market ends, UTC; null where not known. */
  readonly end_date: string | null;
};

export function readMarketDefinition(input: Input): MarketDefinition {
  return {
    condition_id: readString(input),
    tokens: readArray(input, readOutcomeToken),
    neg_risk_market_id: readPresent(input) ? readString(input) : null,
    questions: readArray(input, readQuestion),
    maker_rebate_rate: readPresent(input) ? readDecimal(input) as RateMicros : null,
    fee_schedule: readPresent(input) ? readFeeSchedule(input) : null,
    status: readOneOf(input, STATUS),
    end_date: readPresent(input) ? readDate(input) : null,
  };
}

export function writeMarketDefinition(output: Output, value: MarketDefinition): void {
  writeString(output, value.condition_id);
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
}
