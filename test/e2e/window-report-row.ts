/** Rows of `settlement_reports`, for tests of what reads them: nothing of the fold is in here. */

type Said = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/** A daily report without a fill, of the month whose leaf is there. */
export function windowReportRow(offset: number, end: string, said: Said = {}): string {
  const row = {
    month: `${end.slice(0, 7)}-01`,
    partition: 0,
    offset,
    line: 0,
    report_id: `settlement_pnl_${end}`,
    event_id: `evt_${offset}`,
    causation_id: 'evt_closed',
    correlation_id: 'cor',
    market_seq: offset,
    effective_at: end,
    recorded_at: end,
    window_id: end,
    window_kind: 'daily',
    window_start: end,
    window_end: end,
    group_by: 'bot',
    revision: 1,
    publication: 'RELEASED',
    mode: 'general_live',
    held_by_mode: false,
    regulatory: true,
    mixed: false,
    retained_until: `${Number(end.slice(0, 4)) + 7}${end.slice(4, 10)}`,
    reason_codes: [],
    books_complete: true,
    incomplete_reasons: [],
    total_fills: 0,
    declared_fee_fills: 0,
    gross_volume_pusd: 0,
    realised_pnl_pusd: 0,
    gross_fees_pusd: 0,
    maker_rebates_pusd: 0,
    maker_rebates_received_pusd: 0,
    net_fees_pusd: 0,
    net_pnl_pusd: 0,
    reconciliation_status: 'PENDING',
    onchain_drift_pusd: null,
    unsettled_pusd: 0,
    negrisk_positions: 0,
    stale_marks: 0,
    kill_switch_active: false,
    quarantined_fills: 0,
    groups: '[]',
    accounts: '[]',
    marks: '[]',
    alerts: '[]',
    ...said,
  };
  return JSON.stringify(row);
}

/** Statements that make the months of the rows and put them there. */
export function insertWindowReports(rows: readonly string[]): readonly string[] {
  const months = new Set(rows.map((row) => (JSON.parse(row) as { month: string }).month));
  const made = [...months].map((month) => {
    const leaf = `settlement_reports_${month.slice(0, 7).replace('-', '_')}`;
    const next = `('${month}'::date + interval '1 month')::date`;
    return `SELECT stream.make_month('pnl_v1.settlement_reports', '${leaf}', '${month}', ${next})`;
  });
  const values = rows.map((row) => `('${row}'::jsonb)`).join(', ');
  return [
    ...made,
    `INSERT INTO pnl_v1.settlement_reports
     SELECT (jsonb_populate_record(NULL::pnl_v1.settlement_reports, r)).* FROM (VALUES ${values})
     AS v (r)`,
  ];
}
