/**
 * What the reporter was told on the log (`ParametersChanged`), as far as windows need it, and when
 * trading was halted. A setting that cannot be read stays as it was before: it was refused by name
 * where the books took the same event.
 */

import { type KillSwitchChanged, type ParametersChanged } from '@polytraders/contracts';
import {
  MARK_AGE_MS_MAX,
  RETAIN_DAYS_MAX,
  RETAIN_DAYS_MIN,
  type WindowGrouping,
} from '@polytraders/domain';
import { parseMicros } from '@polytraders/money';
import { MARK_AGE_LIMIT, RETAIN_DAYS } from '../parameters.ts';
import { type HaltOf, type Told } from './state.ts';

/** Names of the settings that change a window's report. */
export const GROUP_BY = 'group_by';
export const INCLUDE_PAPER = 'include_paper';
export const RECONCILE_TOLERANCE = 'reconcile_tolerance_pusd';

const GROUPINGS: readonly WindowGrouping[] = ['bot', 'market', 'builder'];
const TOLERANCE_PUSD_MAX = 50_000_000n;

/** The specified defaults: what holds until something was told. */
export const DEFAULT_TOLD: Told = {
  since: 0,
  mode: 'general_live',
  groupBy: 'bot',
  includePaper: false,
  tolerance: 10_000n,
  markAgeMsMax: MARK_AGE_MS_MAX,
  retainDays: RETAIN_DAYS_MIN,
};

/** What is in force from this event on; a setting that it does not carry has its default. */
export function toldBy(event: ParametersChanged, before: Told): Told {
  const text = (name: string): string | undefined =>
    event.parameters.find((parameter) => parameter.name === name)?.value;
  const grouping = text(GROUP_BY);
  const paper = text(INCLUDE_PAPER);
  return {
    since: event.effective_at,
    mode: event.mode,
    groupBy:
      grouping === undefined
        ? DEFAULT_TOLD.groupBy
        : (GROUPINGS.find((one) => one === grouping) ?? before.groupBy),
    includePaper: paper === undefined ? false : paper === 'true',
    tolerance: toleranceOf(text(RECONCILE_TOLERANCE), before.tolerance),
    markAgeMsMax: wholeOf(text(MARK_AGE_LIMIT), DEFAULT_TOLD.markAgeMsMax, before.markAgeMsMax, 0),
    retainDays: wholeOf(
      text(RETAIN_DAYS),
      RETAIN_DAYS_MIN,
      before.retainDays,
      RETAIN_DAYS_MIN,
      RETAIN_DAYS_MAX,
    ),
  };
}

/** The halts after the switch was moved; moving it again the same way moves nothing. */
export function haltsAfter(
  halts: readonly HaltOf[],
  { active, since, bot_id: bot }: KillSwitchChanged,
): readonly HaltOf[] {
  const at = halts.findIndex((halt) => halt.bot === bot && halt.until === null);
  if (active) return at < 0 ? [...halts, { bot, since, until: null }] : halts;
  return at < 0
    ? halts
    : halts.map((halt, index) => (index === at ? { ...halt, until: since } : halt));
}

function toleranceOf(text: string | undefined, was: bigint): bigint {
  if (text === undefined) return DEFAULT_TOLD.tolerance;
  const micros = parseMicros(text);
  return typeof micros === 'bigint' && micros >= 0n && micros <= TOLERANCE_PUSD_MAX ? micros : was;
}

function wholeOf(
  text: string | undefined,
  initial: number,
  was: number,
  least: number,
  most = 999_999_999_999,
): number {
  if (text === undefined) return initial;
  const value = /^\d{1,12}$/.test(text) ? parseInt(text, 10) : -1;
  return value >= least && value <= most ? value : was;
}
