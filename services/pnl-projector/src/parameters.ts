/**
 * Parameters of the reporter as the log brings them (`ParametersChanged`), so that a replay
 * computes with what was in force then. Those that belong to later reports (windows, grouping,
 * paper, tolerance) are carried by the event and read by the capability that needs them.
 */

import { type ParametersChanged } from '@polytraders/contracts';
import {
  EXCHANGE_BPS_MAX,
  EXCHANGE_FEE_CAP,
  MARK_AGE_MS_MAX,
  RETAIN_DAYS_MAX,
  RETAIN_DAYS_MIN,
  type WholeLimits,
  wholeSetting,
} from '@polytraders/domain';
import { type Parameters } from './entities.ts';

/** Names of the parameters that change a number or a field of a fill. */
export const MARK_AGE_LIMIT = 'mark_age_limit_ms';
export const RETAIN_DAYS = 'retain_days';

const RETAINED: WholeLimits = { least: RETAIN_DAYS_MIN, most: RETAIN_DAYS_MAX };

/** What an event makes of the parameters in force. */
export type Changed = {
  readonly parameters: Parameters;
  /** Names of settings that could not be read and are as they were before. */
  readonly unreadable: readonly string[];
};

/**
 * The parameters in force from this event on. A number that cannot be read stays as it was; the
 * mode is taken all the same, as a reporter that was told to be silent must not go on publishing.
 */
export function changeParameters(
  before: Parameters,
  event: ParametersChanged,
  offset: number,
): Changed {
  const unreadable: string[] = [];
  /** A setting that the event does not carry has its default: it carries all that are set. */
  function wholeNumber(name: string, initial: number, was: number, limits?: WholeLimits): number {
    const value = wholeSetting(event.parameters, name, initial, limits);
    if (value !== null) return value;
    unreadable.push(name);
    return was;
  }
  const parameters: Parameters = {
    kind: 'parameters',
    marketSeq: event.market_seq,
    mode: event.mode,
    markAgeMsMax: wholeNumber(MARK_AGE_LIMIT, MARK_AGE_MS_MAX, before.markAgeMsMax),
    exchangeBpsMax: wholeNumber(EXCHANGE_FEE_CAP, EXCHANGE_BPS_MAX, before.exchangeBpsMax),
    retainDays: wholeNumber(RETAIN_DAYS, RETAIN_DAYS_MIN, before.retainDays, RETAINED),
    lastOffset: offset,
    updatedAt: event.recorded_at,
  };
  return { parameters, unreadable };
}
