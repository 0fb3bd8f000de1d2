// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type PusdMicros,
} from '@polytraders/money';
import {
  closedSet,
  type Input,
  readDecimal,
  readOneOf,
  readPresent,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeDecimal,
  writeNull,
  writeOneOf,
  writePresent,
  writeString,
} from '../avro/output.ts';

const STATUS = closedSet('status', [
  'RECONCILED',
  'PENDING',
  'FAILED',
  'UNRECONCILED',
]);

/** On-chain check of one account. */
export type ReportAccount = {
  /** The wallet. */
  readonly account: string;
  /** pUSD in the wallet at the end of the window; null when it could not be read. */
  readonly balance_pusd: PusdMicros | null;
  /** Books less chain; null while pending. */
  readonly drift_pusd: PusdMicros | null;
  /** How the check came out. */
  readonly status: 'RECONCILED' | 'PENDING' | 'FAILED' | 'UNRECONCILED';
};

export function readReportAccount(input: Input): ReportAccount {
  return {
    account: readString(input),
    balance_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    drift_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    status: readOneOf(input, STATUS),
  };
}

export function writeReportAccount(output: Output, value: ReportAccount): void {
  writeString(output, value.account);
  if (value.balance_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.balance_pusd);
  }
  if (value.drift_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.drift_pusd);
  }
  writeOneOf(output, STATUS, value.status);
}
