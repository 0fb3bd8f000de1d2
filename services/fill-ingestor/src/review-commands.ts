/**
 * Commands that carry a decision which somebody has reviewed (rules B13, B18, B19): a fill is
 * released with its true fee or taken out of the books, reports that are held are released.
 *
 *   RELEASE_FILL     fill_id, fee_pusd, builder_fee_pusd?, original_offset?
 *   REVERSE_FILL     fill_id, original_offset?
 *   APPROVE_WINDOW   report_ids, or until_offset for what the mode has held
 *   APPROVE_REVENUE  report_ids
 */

import { isRefusal, pusdIn } from './amounts.ts';
import { only, refused } from './command-fields.ts';
import { LIST_MAX, whyNotText } from './door.ts';
import { type CommandArguments, type Refusal } from './draft.ts';
import { said, together, wholeAt } from './fields.ts';
import { quoted } from './quoted.ts';
import { type Json, type JsonObject } from './sources/file/json.ts';

/** Commands that are nobody's unless somebody has reviewed them. */
export const REVIEWED: ReadonlySet<string> = new Set([
  'DECLARE_OPENING_BALANCE',
  'RELEASE_FILL',
  'REVERSE_FILL',
  'APPROVE_WINDOW',
  'APPROVE_REVENUE',
]);

/** Commands that concern every partition and no account. */
export const OF_ALL: ReadonlySet<string> = new Set(['APPROVE_WINDOW', 'APPROVE_REVENUE']);

/** Reads the arguments of RELEASE_FILL. */
export function releaseFill(given: JsonObject): CommandArguments | Refusal {
  const names = ['fill_id', 'fee_pusd', 'builder_fee_pusd', 'original_offset'];
  const fields = only(given, names);
  if (isRefusal(fields)) return fields;
  const read = together({
    fee: pusdIn('fee_pusd', said(fields['fee_pusd'])),
    builderFee: pusdIn('builder_fee_pusd', said(fields['builder_fee_pusd'])),
    originalOffset: wholeAt(fields, 'original_offset'),
  });
  if (isRefusal(read)) return read;
  const fillId = said(fields['fill_id']);
  const { fee } = read;
  if (fillId === null || fee === null) {
    return refused('Expected fill_id and fee_pusd of the release; found fewer. 0 is a fee, too.');
  }
  return { command: 'RELEASE_FILL', ...read, fillId, fee };
}

/** Reads the arguments of REVERSE_FILL. */
export function reverseFill(given: JsonObject): CommandArguments | Refusal {
  const fields = only(given, ['fill_id', 'original_offset']);
  if (isRefusal(fields)) return fields;
  const originalOffset = wholeAt(fields, 'original_offset');
  if (isRefusal(originalOffset)) return originalOffset;
  const fillId = said(fields['fill_id']);
  if (fillId === null) return refused('Expected fill_id of what is reversed; found none.');
  return { command: 'REVERSE_FILL', fillId, originalOffset };
}

/** Reads the arguments of APPROVE_WINDOW. */
export function approveWindow(given: JsonObject): CommandArguments | Refusal {
  const { report_ids: ids = [], ...rest } = given;
  const fields = only(rest, ['until_offset']);
  if (isRefusal(fields)) return fields;
  const untilOffset = wholeAt(fields, 'until_offset');
  if (isRefusal(untilOffset)) return untilOffset;
  const reportIds = reportsIn(ids, 'settlement_pnl_');
  if (isRefusal(reportIds)) return reportIds;
  if ((untilOffset === null) === (reportIds.length === 0)) {
    const found = untilOffset === null ? 'neither' : 'both';
    return refused(`Expected report_ids, or until_offset for what the mode held; found ${found}.`);
  }
  const releaseKind = untilOffset === null ? 'WINDOW' : 'MODE_HELD';
  return { command: 'APPROVE', releaseKind, reportIds, untilOffset };
}

/** Reads the arguments of APPROVE_REVENUE. */
export function approveRevenue(given: JsonObject): CommandArguments | Refusal {
  const { report_ids: ids = [], ...rest } = given;
  const fields = only(rest, []);
  if (isRefusal(fields)) return fields;
  const reportIds = reportsIn(ids, 'stl_revenue_');
  if (isRefusal(reportIds)) return reportIds;
  if (reportIds.length === 0) return refused('Expected report_ids that are released; found none.');
  return { command: 'APPROVE', releaseKind: 'REVENUE', reportIds, untilOffset: null };
}

/** Ids of reports of one family, sorted, each once. */
function reportsIn(given: Json, family: string): readonly string[] | Refusal {
  if (!Array.isArray(given) || given.length > LIST_MAX) {
    return refused(`Expected report_ids as a list of at most ${String(LIST_MAX)} ids.`);
  }
  const ids = new Set<string>();
  for (const id of given as readonly Json[]) {
    const isId = typeof id === 'string' && id.startsWith(family) && whyNotText(id) === null;
    if (!isId) {
      const found = quoted(typeof id === 'string' ? id : 'something else');
      return refused(`Expected ids of reports that begin with ${family}; found ${found}.`);
    }
    ids.add(id);
  }
  return [...ids].sort();
}
