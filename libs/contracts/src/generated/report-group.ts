// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type PusdMicros,
} from '@polytraders/money';
import {
  type Input,
  readDecimal,
  readInt,
  readPresent,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeDecimal,
  writeInt,
  writeNull,
  writePresent,
  writeString,
} from '../avro/output.ts';

/** Sums of one group; over all groups they add up to the totals exactly. */
export type ReportGroup = {
  /** Bot, condition or builder code, as group_by says. */
  readonly group: string;
  /** Fills in the group. */
  readonly total_fills: number;
  /** Fills whose fee an operator declared. */
  readonly declared_fee_fills: number;
  /** Sum of notionals. */
  readonly gross_volume_pusd: PusdMicros;
  /** Realised before fees. */
  readonly realised_pnl_pusd: PusdMicros;
  /** Unrealised at the end of the window; null when a mark is missing. */
  readonly unrealised_pnl_pusd: PusdMicros | null;
  /** Fees before rebates. */
  readonly gross_fees_pusd: PusdMicros;
  /** Rebates accrued. */
  readonly maker_rebates_pusd: PusdMicros;
  /** Fees after rebates. */
  readonly net_fees_pusd: PusdMicros;
  /** Realised less net fees. */
  readonly net_pnl_pusd: PusdMicros;
};

export function readReportGroup(input: Input): ReportGroup {
  return {
    group: readString(input),
    total_fills: readInt(input),
    declared_fee_fills: readInt(input),
    gross_volume_pusd: readDecimal(input) as PusdMicros,
    realised_pnl_pusd: readDecimal(input) as PusdMicros,
    unrealised_pnl_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    gross_fees_pusd: readDecimal(input) as PusdMicros,
    maker_rebates_pusd: readDecimal(input) as PusdMicros,
    net_fees_pusd: readDecimal(input) as PusdMicros,
    net_pnl_pusd: readDecimal(input) as PusdMicros,
  };
}

export function writeReportGroup(output: Output, value: ReportGroup): void {
  writeString(output, value.group);
  writeInt(output, value.total_fills);
  writeInt(output, value.declared_fee_fills);
  writeDecimal(output, value.gross_volume_pusd);
  writeDecimal(output, value.realised_pnl_pusd);
  if (value.unrealised_pnl_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.unrealised_pnl_pusd);
  }
  writeDecimal(output, value.gross_fees_pusd);
  writeDecimal(output, value.maker_rebates_pusd);
  writeDecimal(output, value.net_fees_pusd);
  writeDecimal(output, value.net_pnl_pusd);
}
