/**
 * Percentages for people: four decimals, half-even (rule M2). They are shown and never counted
 * with: what is compared with a limit stays an exact rational.
 */

import Big from 'big.js';

const PERCENT_DECIMALS = 4;

/** Big's own settings are one for all who import it; this one is ours alone. */
const Percent = Big();
Percent.DP = 40;
Percent.RM = Big.roundHalfEven;

/** `part` of `whole` in percent, such as `1.6393 %`; `–` where there is no whole. */
export function percentText(
  part: number | bigint | string,
  whole: number | bigint | string,
): string {
  const of = new Percent(String(whole));
  if (of.eq(0)) return '–';
  return `${new Percent(String(part)).times(100).div(of).toFixed(PERCENT_DECIMALS)} %`;
}
