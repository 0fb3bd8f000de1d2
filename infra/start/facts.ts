/**
 * What the servers hold: read through SQL and a read_committed scan, never through the code that
 * wrote it. The accounts of one generated day are looked at by themselves, so that other days and
 * imports in the same ledger do not disturb the check.
 */

import { ask, type Bus, type Database, PNL, schemaOf, scanTopic } from '@polytraders/cli';
import { physicalTopic, type SettlementReport, TOPICS } from '@polytraders/contracts';
import { parseMicros } from '@polytraders/money';
import { EXECUTION_TOPIC } from '@polytraders/testkit/generator';

export type BookFact = {
  readonly account: string;
  readonly bot: string;
  readonly token: string;
  readonly shares: bigint;
  readonly costBasis: bigint;
  readonly realised: bigint;
  readonly grossFees: bigint;
  readonly fills: number;
};

export type LedgerFact = {
  /** Lines of confirmed fills. */
  readonly lines: number;
  readonly paperLines: number;
  /** Lines that are kept without a lot and without a report, by reason. */
  readonly setAside: Readonly<Record<string, number>>;
  /** Fills whose line should have a report: neither paper nor set aside. */
  readonly payable: ReadonlySet<string>;
};

export type ReportFact = {
  /** Fill reports of the accounts. */
  readonly fillReports: number;
  /** Fills with a report, each once. */
  readonly fills: ReadonlySet<string>;
  /** Fills with more than one report of the first revision, and reports on markets told again. */
  readonly repeated: readonly string[];
  /** Reports on books of markets that resolved. */
  readonly marketReports: number;
  /** Reports of windows that have no paper in them, in the order of the topic. */
  readonly windows: readonly SettlementReport[];
  /** All committed records on the topic. */
  readonly records: number;
};

/** The books of the accounts; all books where none are named. */
export async function booksOf(
  database: Database,
  accounts: readonly string[] | null,
): Promise<BookFact[]> {
  const schema = await schemaOf(database, PNL);
  const rows = await ask(
    database,
    `SELECT account, trading_bot_id, token_id, position_shares, cost_basis_pusd,
            realised_pnl_pusd, gross_fees_pusd, fills
       FROM "${schema}".positions WHERE $1::text[] IS NULL OR account = ANY($1::text[])`,
    [accounts],
    PNL.service,
  );
  return rows.map((row) => ({
    account: row['account'] ?? '',
    bot: row['trading_bot_id'] ?? '',
    token: row['token_id'] ?? '',
    shares: microsOf(row['position_shares']),
    costBasis: microsOf(row['cost_basis_pusd']),
    realised: microsOf(row['realised_pnl_pusd']),
    grossFees: microsOf(row['gross_fees_pusd']),
    fills: Number(row['fills']),
  }));
}

/** The ledger lines of the accounts; of all accounts where none are named. */
export async function ledgerOf(
  database: Database,
  accounts: readonly string[] | null,
): Promise<LedgerFact> {
  const schema = await schemaOf(database, PNL);
  const rows = await ask(
    database,
    `SELECT fill_id, paper, quarantined,
            (SELECT code FROM unnest(reason_codes) AS code
              WHERE code LIKE 'PNL_REPORTER_FEE_%' LIMIT 1) AS reason
       FROM "${schema}".pnl_ledger
      WHERE entry_kind = 'FILL' AND ($1::text[] IS NULL OR account = ANY($1::text[]))`,
    [accounts],
    PNL.service,
  );
  const setAside: Record<string, number> = {};
  const payable = new Set<string>();
  let paperLines = 0;
  for (const row of rows) {
    if (row['paper'] === 't') paperLines += 1;
    if (row['quarantined'] === 't') {
      const reason = row['reason'] ?? 'without a reason';
      setAside[reason] = (setAside[reason] ?? 0) + 1;
    } else if (row['paper'] !== 't') payable.add(row['fill_id'] ?? '');
  }
  return { lines: rows.length, paperLines, setAside, payable };
}

/**
 * Books that are not the sum of their ledger lines: signed shares, cash, fees. Named by their key.
 * A fill's shares go by its side, a movement's are signed; what a movement carries without cash,
 * and what closed shares of unknown cost, stand in columns of their own.
 */
export async function booksUnlikeLines(database: Database): Promise<string[]> {
  const schema = await schemaOf(database, PNL);
  const rows = await ask(
    database,
    `WITH told AS (
       SELECT account, trading_bot_id, token_id,
              sum(CASE order_side WHEN 'SELL' THEN -1 ELSE 1 END * quantity_shares) AS shares,
              sum(CASE order_side WHEN 'BUY' THEN -size_pusd WHEN 'SELL' THEN size_pusd
                                  ELSE cash_pusd - coalesce(carried_basis_pusd, 0) END
                  - coalesce(unknown_basis_pusd, 0)) AS cash,
              sum(gross_fee_pusd) AS fees
         FROM "${schema}".pnl_ledger WHERE NOT quarantined AND token_id IS NOT NULL
        GROUP BY 1, 2, 3)
     SELECT account || '|' || trading_bot_id || '|' || token_id AS book
       FROM told FULL JOIN "${schema}".positions p USING (account, trading_bot_id, token_id)
      WHERE coalesce(shares, 0) IS DISTINCT FROM position_shares
         OR coalesce(cash, 0) IS DISTINCT FROM realised_pnl_pusd - cost_basis_pusd
         OR coalesce(fees, 0) IS DISTINCT FROM gross_fees_pusd`,
    [],
    PNL.service,
  );
  return rows.map((row) => row['book'] ?? '');
}

/** Books that are not the sum of their open lots: signed shares and cost. */
export async function booksUnlikeLots(database: Database): Promise<string[]> {
  const schema = await schemaOf(database, PNL);
  const rows = await ask(
    database,
    `WITH open AS (
       SELECT account, trading_bot_id, token_id,
              sum(quantity_shares) AS shares, sum(cost_basis_pusd) AS basis
         FROM "${schema}".lots GROUP BY 1, 2, 3)
     SELECT account || '|' || trading_bot_id || '|' || token_id AS book
       FROM open FULL JOIN "${schema}".positions p USING (account, trading_bot_id, token_id)
      WHERE coalesce(shares, 0) IS DISTINCT FROM position_shares
         OR coalesce(basis, 0) IS DISTINCT FROM cost_basis_pusd`,
    [],
    PNL.service,
  );
  return rows.map((row) => row['book'] ?? '');
}

/** Fill reports on the settlement topic for a read_committed reader. */
export async function reportsOf(bus: Bus, accounts: readonly string[] | null): Promise<ReportFact> {
  const wanted = accounts === null ? null : new Set(accounts);
  const fills = new Set<string>();
  const repeated: string[] = [];
  let fillReports = 0;
  const settled = new Set<string>();
  let marketReports = 0;
  const windows: SettlementReport[] = [];
  const records = await scanTopic(bus, TOPICS.settlementReports.name, ({ content }) => {
    if (!('type' in content)) return;
    const report = content.value as SettlementReport;
    // A window is of all accounts.
    if (report.event_type === 'SETTLEMENT_REPORT') windows.push(report);
    if (wanted !== null && !wanted.has(report.account ?? '')) return;
    if (report.event_type === 'MARKET_SETTLED') {
      marketReports += 1;
      if (settled.has(report.report_id)) repeated.push(report.report_id);
      settled.add(report.report_id);
    }
    if (report.event_type !== 'FILL_PNL_COMPUTED' || report.fill_id === null) return;
    fillReports += 1;
    if (fills.has(report.fill_id)) repeated.push(report.fill_id);
    fills.add(report.fill_id);
  });
  return { fillReports, marketReports, windows, fills, repeated, records };
}

/** Σ over partitions of how far readers of a topic could get. */
export async function endOf({ kafka, config }: Bus, topic: string): Promise<number[]> {
  const physical = physicalTopic(config.topicPrefix, topic);
  const partitions = Array.from({ length: await kafka.partitionsOf(physical) }, (_, at) => at);
  const marks = await Promise.all(
    partitions.map((partition) => kafka.watermarks({ topic: physical, partition })),
  );
  return marks.map(({ lastStable }) => lastStable);
}

/** Execution reports that have come so far, whoever sent them: on the bus, and out of files. */
export async function arrivedOf(database: Database, bus: Bus): Promise<number> {
  const [row] = await ask(database, FILE_ROWS, [], 'fill-ingestor');
  const ends = await endOf(bus, TOPICS.executionReports.name);
  return Number(row?.['rows'] ?? 0) + ends.reduce((sum, end) => sum + end, 0);
}

/** Movements in a file move wallets, and report no execution. */
const MOVEMENT = `(source = 'file' AND payload LIKE '{"format":"movement"%')`;
const FILE_ROWS = `SELECT count(*) AS rows FROM ingest.inbox
  WHERE source = 'file' AND NOT ${MOVEMENT}`;

/** What fill-ingestor has made of its inbox so far. */
export type IngestorFact = {
  /** Counts by `outcome/because`, of all inputs. */
  readonly outcomes: Readonly<Record<string, number>>;
  /**
   * Inputs among them that report no execution: parameters, commands, the passing of time, what
   * the chain says. Rows of an imported file are none of these, whatever they say.
   */
  readonly besides: number;
};

/**
 * Counts of the active version, all as of one moment. `ofDay`: movements in files are those of the
 * day's receipts, and no rows of the file that is imported.
 */
export async function ingestorOf(database: Database, ofDay: boolean): Promise<IngestorFact> {
  const values = [`${EXECUTION_TOPIC}/%`, ofDay];
  const rows = await ask(database, INGESTOR, values, 'fill-ingestor');
  const counts = rows.map((row) => [row['what'] ?? '', Number(row['count'])] as const);
  const { [BESIDES]: besides = 0, ...outcomes } = Object.fromEntries(counts);
  return { outcomes, besides };
}

const BESIDES = 'besides';
/** Inputs that are in the inbox and not judged yet count in neither half. */
const INGESTOR = `WITH place AS (
    SELECT processor, version, partition, next_offset
      FROM stream.partition JOIN stream.active_version USING (processor, version)
     WHERE processor = 'fill-ingestor')
  SELECT outcome || '/' || because AS what, sum(count) AS count
    FROM stream.outcome JOIN place USING (processor, version, partition)
   GROUP BY outcome, because
  UNION ALL
  SELECT '${BESIDES}', count(*) FROM ingest.inbox JOIN place USING (partition)
   WHERE seq < next_offset AND source_position NOT LIKE $1
     AND (source <> 'file' OR ($2::bool AND ${MOVEMENT}))`;

export function microsOf(text: string | null | undefined): bigint {
  const micros = parseMicros(text ?? '0');
  if (typeof micros !== 'bigint') {
    throw new Error(`Expected an amount with six decimals in the tables, found ${text ?? 'none'}.`);
  }
  return micros;
}
