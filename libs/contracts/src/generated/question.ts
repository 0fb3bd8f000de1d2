// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type Input,
  readInt,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeInt,
  writeString,
} from '../avro/output.ts';

/** One question of a negative-risk event. */
export type Question = {
  /** Place of the question within the event, from 0. */
  readonly question_index: number;
  /** Condition of this question. */
  readonly condition_id: string;
  /** Token of outcome index 0. */
  readonly yes_token_id: string;
  /** Token of outcome index 1. */
  readonly no_token_id: string;
};

export function readQuestion(input: Input): Question {
  return {
    question_index: readInt(input),
    condition_id: readString(input),
    yes_token_id: readString(input),
    no_token_id: readString(input),
  };
}

export function writeQuestion(output: Output, value: Question): void {
  writeInt(output, value.question_index);
  writeString(output, value.condition_id);
  writeString(output, value.yes_token_id);
  writeString(output, value.no_token_id);
}
