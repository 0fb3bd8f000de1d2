/**
 * What users are told of a report, in the words of the specifications: the messages of its reason
 * codes, and those of the situations that it is in. Plain English; a report never carries them, as
 * words change and reports are kept for seven years.
 */

import { type SettlementReport } from '../generated/settlement-report.ts';
import { reasonOf } from './registry.ts';
import { type Situation, USER_EXPLANATIONS } from './specified.ts';

const SITUATIONS: readonly (readonly [Situation, (report: SettlementReport) => boolean])[] = [
  [
    'Daily P&L report generated',
    (report) => report.event_type === 'SETTLEMENT_REPORT' && report.window_kind === 'daily',
  ],
  [
    'Maker rebate credited',
    (report) => report.event_type === 'FILL_PNL_COMPUTED' && (report.maker_rebate_pusd ?? 0n) > 0n,
  ],
  [
    'P&L cross-check with on-chain balance passed',
    (report) => report.event_type === 'SETTLEMENT_REPORT' && report.onchain_reconciled === true,
  ],
  ['Negative-risk position in report', (report) => (report.negRisk_positions ?? 0) > 0],
  [
    'Daily revenue report published',
    (report) => report.event_type === 'REVENUE_REPORT' && report.publication === 'RELEASED',
  ],
  ['Revenue drift detected', (report) => report.drift_detected === true],
];

const messages: ReadonlyMap<string, string> = new Map(
  USER_EXPLANATIONS.map(({ situation, message }) => [situation, message]),
);

/** The sentences, each once, those of its codes first. Nothing of a report of paper (B16). */
export function toldOf(report: SettlementReport): readonly string[] {
  if (report.mixed) return [];
  const ofCodes = report.reason_codes.map((code) => reasonOf(code)?.userMessage ?? '');
  const ofSituations = SITUATIONS.filter(([, isSo]) => isSo(report)).map(
    ([situation]) => messages.get(situation) ?? '',
  );
  return [...new Set([...ofCodes, ...ofSituations])].filter((message) => message !== '');
}
