/**
 * Parameters of the reporter as the log brings them (`ParametersChanged`), so that a replay
 * computes with what was in force then. Those that belong to later reports (windows, grouping,
 * paper, tolerance) are carried by the event and read by the capability that needs them.
 */

import { type ParametersChanged } from '@polytraders/contracts';
import { EXCHANGE_BPS_MAX, MARK_AGE_MS_MAX } from '@polytraders/domain';
import { type Parameters } from './entities.ts';

/** Names of the parameters that change a number or a field of a fill. */
export const MARK_AGE_LIMIT = 'mark_age_limit_ms';
export const EXCHANGE_FEE_CAP = 'exchange_max_fee_bps';

/** The parameters in force from this event on, or null where one of them cannot be read. */
export function changeParameters(event: ParametersChanged, offset: number): Parameters | null {
  const markAgeMsMax = wholeNumber(event, MARK_AGE_LIMIT, MARK_AGE_MS_MAX);
  const exchangeBpsMax = wholeNumber(event, EXCHANGE_FEE_CAP, EXCHANGE_BPS_MAX);
  if (markAgeMsMax === null || exchangeBpsMax === null) return null;
  return {
    kind: 'parameters',
    marketSeq: event.market_seq,
    mode: event.mode,
    markAgeMsMax,
    exchangeBpsMax,
    lastOffset: offset,
    updatedAt: event.recorded_at,
  };
}

/** A setting that the event does not carry has its default: the event carries all that are set. */
function wholeNumber(event: ParametersChanged, name: string, otherwise: number): number | null {
  const setting = event.parameters.find((parameter) => parameter.name === name);
  if (setting === undefined) return otherwise;
  return /^\d{1,12}$/.test(setting.value) ? parseInt(setting.value, 10) : null;
}
