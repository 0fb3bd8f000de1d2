/**
 * What the service's log says of window reports: a line a revision at debug, and at warn, once a
 * batch, the codes that somebody has to read of. Amounts are texts, as everywhere outside (M1).
 */

import { formatMicros } from '@polytraders/money';
import { type Says } from '@polytraders/stream';
import { REPORTER } from '../report.ts';
import { says as ofFills } from '../says.ts';
import { type ReportEntry } from './entry.ts';
import { PAPER_IN_REGULATORY, RECONCILE_FAIL } from './revise.ts';

const WARNED: readonly string[] = [RECONCILE_FAIL, PAPER_IN_REGULATORY, 'STALE_DATA'];

export const says: Says<ReportEntry> = {
  line: (entry) => ({
    bot_id: REPORTER,
    event_type: 'SETTLEMENT_REPORT',
    report_id: entry.report_id,
    revision: entry.revision,
    publication: entry.publication,
    total_fills: entry.total_fills,
    gross_volume_pusd: formatMicros(entry.gross_volume_pusd),
    net_pnl_pusd: formatMicros(entry.net_pnl_pusd),
    reconciliation_status: entry.reconciliation_status,
    onchain_drift_pusd:
      entry.onchain_drift_pusd === null ? null : formatMicros(entry.onchain_drift_pusd),
    reason_codes: entry.reason_codes,
    correlation_id: entry.correlation_id,
  }),
  warnings: (entry) => entry.reason_codes.filter((code) => WARNED.includes(code)),
  subject: (entry) => entry.report_id,
  about: ofFills.about,
};
