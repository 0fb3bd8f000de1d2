// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type Input,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeString,
} from '../avro/output.ts';

/** One outcome of a condition. */
export type OutcomeToken = {
  /** Outcome token (ERC-1155 id), uint256 in decimal. */
  readonly token_id: string;
  /** Label of the outcome: Yes, No, a team. The place in the list is the outcome index. */
  readonly outcome: string;
};

export function readOutcomeToken(input: Input): OutcomeToken {
  return {
    token_id: readString(input),
    outcome: readString(input),
  };
}

export function writeOutcomeToken(output: Output, value: OutcomeToken): void {
  writeString(output, value.token_id);
  writeString(output, value.outcome);
}
