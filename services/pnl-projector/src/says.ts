/**
 * What the service's log says of ledger lines: the specification's `developer_log` of a fill at
 * debug, and at warn, once a batch, the codes that somebody has to read of.
 *
 * Field names are the specification's. `side` is BUY or SELL there (our role in the match, which is
 * `side` in a report, is `role`); amounts are texts, as everywhere outside (M1).
 */

import { reasonOf } from '@polytraders/contracts';
import { formatMicros, formatPrice } from '@polytraders/money';
import { type Says } from '@polytraders/stream';
import { type LedgerEntry } from './entry.ts';
import { REPORTER } from './report.ts';

const MICROS_PER_MS = 1000;
const none: readonly string[] = [];

/** Quarantined money, and marks that are too old: all others stand in the report alone. */
const WARNED: ReadonlySet<string> = new Set([
  'PNL_REPORTER_FEE_MISSING',
  'PNL_REPORTER_FEE_CAP_EXCEEDED',
  'STALE_DATA',
  'GOV_NEGRISK_FLAG_MISMATCH',
]);

export const says: Says<LedgerEntry> = {
  line: (entry) => (isFill(entry) && !entry.paper ? lineOf(entry) : null),
  warnings: (entry) => {
    if (entry.reason_codes.length === 0 || entry.paper) return none;
    return entry.reason_codes.filter((code) => WARNED.has(code));
  },
  subject: (entry) => entry.fill_id ?? entry.event_id,
  about: (code) => {
    const reason = reasonOf(code);
    const { severity = 'WARN', meaning = '', action = '', userMessage = '' } = reason ?? {};
    const users = userMessage === '' ? '' : ` Users are told: ${userMessage}`;
    return { severity, message: `${meaning} ${action}${users}` };
  },
};

/** A fill that was released after its review is computed then, and told then (B18). */
function isFill({ entry_kind: kind }: LedgerEntry): boolean {
  return kind === 'FILL' || kind === 'RELEASE';
}

/** `developer_log`. What a quarantined fill does not have is null: never 0. */
function lineOf(entry: LedgerEntry): object {
  return {
    bot_id: REPORTER,
    event_type: entry.quarantined ? 'FILL_QUARANTINED' : 'FILL_PNL_COMPUTED',
    fill_id: entry.fill_id,
    market_id: entry.condition_id,
    side: entry.order_side,
    role: entry.side,
    size_pusd: amount(entry.size_pusd),
    price: entry.price === null ? null : formatPrice(entry.price),
    fee_bps_from_match_event: entry.fee_bps_match_event,
    gross_fee_pusd: amount(entry.gross_fee_pusd),
    maker_rebate_pusd: amount(entry.maker_rebate_pusd),
    net_fee_pusd: amount(entry.net_fee_pusd),
    realised_pnl_pusd: amount(entry.realised_pnl_pusd),
    unrealised_pnl_pusd: amount(entry.unrealised_pnl_pusd),
    negRisk: entry.neg_risk,
    fill_confirmed_at_ms: Math.floor(entry.confirmed_at / MICROS_PER_MS),
    reason_codes: entry.reason_codes,
    correlation_id: entry.correlation_id,
  };
}

function amount(micros: bigint | null): string | null {
  return micros === null ? null : formatMicros(micros);
}
