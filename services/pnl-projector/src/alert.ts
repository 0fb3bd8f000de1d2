/**
 * What people are told at once (`polytraders.alerts`): a fill that was set aside. Built from its
 * ledger line, like its report would be, and with an id that follows from its cause.
 */

import { type Alert, partitionOf, reasonOf, TOPICS } from '@polytraders/contracts';
import { formatMicros } from '@polytraders/money';
import { type Emission } from '@polytraders/stream';
import { type LedgerEntry } from './entry.ts';
import { PROCESSOR_ID, PROCESSOR_VERSION } from './version.ts';

const REPORTER = 'gov.pnl_reporter';
const PRODUCER = `${PROCESSOR_ID}/${String(PROCESSOR_VERSION)}`;

/** Why a fill is set aside. */
const ALERTED = ['PNL_REPORTER_FEE_MISSING', 'PNL_REPORTER_FEE_CAP_EXCEEDED'] as const;

/** One alert for each reason why the fill is in no total. */
export function alertsOf(entry: LedgerEntry): readonly Emission[] {
  return ALERTED.filter((code) => entry.reason_codes.includes(code)).map((code) => {
    const value = alertOf(entry, code);
    return {
      topic: TOPICS.alerts.name,
      partition: partitionOf(REPORTER, TOPICS.alerts.partitions),
      key: REPORTER,
      record: { type: 'Alert', value },
    };
  });
}

function alertOf(entry: LedgerEntry, code: string): Alert {
  const named = [
    ['account', entry.account],
    ['builder_fee_pusd', entry.builder_fee_pusd],
    ['fee_bps', entry.fee_bps_match_event],
    ['fill_id', entry.fill_id],
    ['gross_fee_pusd', entry.gross_fee_pusd],
    ['side', entry.side],
    ['size_pusd', entry.size_pusd],
    ['trading_bot_id', entry.trading_bot_id],
  ] as const;
  return {
    event_id: `${entry.event_id}.alert.${code}`,
    correlation_id: entry.correlation_id,
    causation_id: entry.event_id,
    producer: PRODUCER,
    effective_at: entry.effective_at,
    recorded_at: entry.recorded_at,
    code,
    severity: reasonOf(code)?.severity ?? 'WARN',
    bot_id: REPORTER,
    subject: entry.fill_id ?? entry.event_id,
    metadata: named.flatMap(([name, value]) =>
      value === null
        ? []
        : [{ name, value: typeof value === 'bigint' ? formatMicros(value) : String(value) }],
    ),
  };
}
