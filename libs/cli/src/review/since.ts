/**
 * What the books have booked since the last report of a window was cut: lines of its days behind
 * the cut, which the next revision says with whatever else makes it (rule B12). Summed as the cuts
 * of windows are (services/pnl-projector/src/shell/gather-sql.ts), of live wallets alone. It reads
 * the lines behind the cut, so it takes as long as the ledger has grown since.
 */

import { ask, PNL, schemaOf } from '../rows.ts';
import { type Database } from '../servers.ts';
import { microsOf } from './rows.ts';
import { type Added } from './added.ts';

const IS_FILL = `l.entry_kind IN ('FILL', 'RELEASE', 'REVERSE')`;
const COUNT = `CASE WHEN l.entry_kind = 'REVERSE' THEN -1 ELSE 1 END`;

/** REISSUE publishes a report again and moves nothing. */
function sinceSql(schema: string): string {
  return `
    SELECT r.report_id,
      coalesce(sum(${COUNT}) FILTER (WHERE ${IS_FILL} AND NOT l.quarantined), 0) AS fills,
      coalesce(sum(${COUNT}) FILTER (WHERE ${IS_FILL} AND l.quarantined), 0) AS quarantined,
      coalesce(sum(l.size_pusd) FILTER (WHERE ${IS_FILL} AND NOT l.quarantined), 0) AS volume,
      coalesce(sum(l.realised_pnl_pusd) FILTER (WHERE NOT l.quarantined), 0) AS realised,
      coalesce(sum(l.net_fee_pusd) FILTER (WHERE NOT l.quarantined), 0) AS net_fees
    FROM "${schema}".settlement_reports r
    JOIN "${schema}".window_cuts c ON c.market_seq::bigint = r.market_seq
    JOIN "${schema}".pnl_ledger l ON l.partition = c.partition::int AND l."offset" > c."offset"
     AND l.confirmed_at >= r.window_start AND l.confirmed_at < r.window_end
    WHERE r.report_id = ANY($1) AND NOT r.mixed AND l.entry_kind <> 'REISSUE'
      AND NOT starts_with(l.account, 'paper:')
    GROUP BY r.report_id`;
}

/** By report_id, for those behind whose cut there is a line. */
export async function bookedSince(
  database: Database,
  reportIds: readonly string[],
): Promise<ReadonlyMap<string, Added>> {
  if (reportIds.length === 0) return new Map();
  const sql = sinceSql(await schemaOf(database, PNL));
  const rows = await ask(database, sql, [reportIds], PNL.service);
  return new Map(
    rows.map((row) => [
      String(row['report_id']),
      {
        fills: BigInt(row['fills'] ?? '0'),
        volume: microsOf(row['volume'] ?? '0'),
        realised: microsOf(row['realised'] ?? '0'),
        netFees: microsOf(row['net_fees'] ?? '0'),
        quarantined: BigInt(row['quarantined'] ?? '0'),
      },
    ]),
  );
}
