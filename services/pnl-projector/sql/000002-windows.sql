-- Owner: pnl-projector. Not breaking: new tables beside those of 000001.
-- Reports of windows (rules B12, B13, B16). What the partitions of the books leave for them
-- (window_cuts, window_facts), what a gatherer makes of it once all partitions have passed a cut
-- (window_inputs), what the fold over all partitions remembers (window_state, window_parts), and
-- what it says (settlement_reports). The runtime sets search_path to the schema of the version.

-- A market-wide event that a partition of the books has passed. Committed with the ledger lines
-- before it: whoever sees the row sees all of them. market_seq is the order, payload the event as
-- exact JSON ("#123" is an integer).
CREATE TABLE window_cuts (
  partition text NOT NULL,
  market_seq text NOT NULL,
  "offset" bigint NOT NULL,
  recorded_at timestamptz NOT NULL,
  kind text NOT NULL,
  payload text NOT NULL,
  PRIMARY KEY (partition, market_seq)
);
CREATE INDEX window_cuts_in_order ON window_cuts ((market_seq::bigint));

-- What windows need and the ledger does not have: definitions of markets, resolutions, answers of
-- the chain (DEFINED, RESOLVED, OBSERVED).
CREATE TABLE window_facts (
  partition text NOT NULL,
  event_id text NOT NULL,
  "offset" bigint NOT NULL,
  recorded_at timestamptz NOT NULL,
  fact text NOT NULL,
  payload text NOT NULL,
  PRIMARY KEY (partition, event_id)
);

-- Blocks of transactions that answers of the chain have told: lines of theirs that name no block
-- are settled there. Of two for one transaction of an account the first holds.
CREATE TABLE window_places (
  partition text NOT NULL,
  account text NOT NULL,
  tx_hash text NOT NULL,
  "offset" bigint NOT NULL,
  block_number bigint NOT NULL,
  PRIMARY KEY (partition, account, tx_hash, "offset")
);
CREATE INDEX window_places_offset ON window_places (partition, "offset");

-- The input of the fold: one row a cut, never changed, without a gap. bytes is the cut as exact
-- JSON, with the sums of all ledger lines since the one before; hash its SHA-256.
CREATE TABLE window_inputs (
  partition int NOT NULL,
  seq bigint NOT NULL,
  market_seq bigint NOT NULL UNIQUE,
  appended_at timestamptz NOT NULL,
  bytes text NOT NULL,
  hash bytea NOT NULL,
  PRIMARY KEY (partition, seq)
);
SELECT stream.keep_append_only('window_inputs');

-- What the fold remembers: the desk, a window, a wallet a row. Read settlement_reports.
CREATE TABLE window_state (
  kind text NOT NULL,
  name text NOT NULL,
  content text NOT NULL,
  PRIMARY KEY (kind, name)
);

-- The same of books, markets and days: a book, a condition, an event, a payout, a mark, a sum of
-- a day a row.
CREATE TABLE window_parts (
  kind text NOT NULL,
  name text NOT NULL,
  content text NOT NULL,
  PRIMARY KEY (kind, name)
);

-- One revision of one window's report a row, append-only, and the outbox: what is published is
-- built from the row alone. A later revision never changes an earlier one. groups, accounts, marks
-- and alerts are lists as exact JSON, amounts in micros. Mixed reports (with paper, B16) are not
-- retained.
CREATE TABLE settlement_reports (
  month date NOT NULL,
  partition int NOT NULL,
  "offset" bigint NOT NULL,
  line smallint NOT NULL,
  id_hash bigint,
  content_hash bigint,
  report_id text NOT NULL,
  event_id text NOT NULL,
  causation_id text NOT NULL,
  correlation_id text NOT NULL,
  market_seq bigint NOT NULL,
  effective_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  window_id text NOT NULL,
  window_kind text NOT NULL,
  window_start timestamptz NOT NULL,
  window_end timestamptz NOT NULL,
  group_by text NOT NULL,
  revision int NOT NULL,
  supersedes text,
  publication text NOT NULL,
  mode text NOT NULL,
  held_by_mode boolean NOT NULL,
  regulatory boolean NOT NULL,
  mixed boolean NOT NULL,
  retained_until date,
  reason_codes text[] NOT NULL,
  books_complete boolean NOT NULL,
  incomplete_reasons text[] NOT NULL,
  total_fills bigint NOT NULL,
  declared_fee_fills bigint NOT NULL,
  gross_volume_pusd numeric(38,6) NOT NULL,
  realised_pnl_pusd numeric(38,6) NOT NULL,
  unrealised_pnl_pusd numeric(38,6),
  gross_fees_pusd numeric(38,6) NOT NULL,
  maker_rebates_pusd numeric(38,6) NOT NULL,
  maker_rebates_received_pusd numeric(38,6) NOT NULL,
  net_fees_pusd numeric(38,6) NOT NULL,
  net_pnl_pusd numeric(38,6) NOT NULL,
  onchain_balance_pusd numeric(38,6),
  onchain_reconciled boolean,
  reconciliation_status text NOT NULL,
  onchain_drift_pusd numeric(38,6),
  unsettled_pusd numeric(38,6) NOT NULL,
  negrisk_positions bigint NOT NULL,
  negrisk_mark_sum numeric(38,6),
  stale_marks bigint NOT NULL,
  kill_switch_active boolean NOT NULL,
  kill_switch_since timestamptz,
  quarantined_fills bigint NOT NULL,
  groups text NOT NULL,
  accounts text NOT NULL,
  marks text NOT NULL,
  alerts text NOT NULL,
  CHECK (regulatory <> mixed),
  CHECK (mixed = (retained_until IS NULL)),
  CHECK (net_pnl_pusd = realised_pnl_pusd - net_fees_pusd),
  PRIMARY KEY (partition, "offset", line, month)
) PARTITION BY RANGE (month);

SELECT stream.keep_append_only('settlement_reports');

-- The last revision of each window's report, in each of its forms.
CREATE VIEW window_reports AS
SELECT DISTINCT ON (window_id, mixed)
       report_id, revision, window_id, window_kind, window_start, window_end, group_by, publication,
       mode, regulatory, mixed, total_fills, gross_volume_pusd, realised_pnl_pusd,
       unrealised_pnl_pusd, net_fees_pusd, net_pnl_pusd, reconciliation_status, onchain_drift_pusd,
       onchain_balance_pusd, unsettled_pusd, quarantined_fills, books_complete, reason_codes,
       incomplete_reasons, retained_until, recorded_at, partition, "offset", line
FROM settlement_reports
ORDER BY window_id, mixed, revision DESC;

-- Windows whose last revision the mode holds (rule B19); cut_offset is the highest offset, over all
-- partitions, of the cut that made it: approve --mode-held --until releases those with a lower one.
CREATE VIEW held_windows AS
SELECT r.report_id, r.revision, r.window_id, r.window_kind, r.window_start, r.window_end,
       r.publication, (
         SELECT max(c."offset") FROM window_cuts c WHERE c.market_seq::bigint = (
           SELECT max(o.market_seq) FROM settlement_reports o WHERE o.window_id = r.window_id)
       ) AS cut_offset
FROM (SELECT DISTINCT ON (window_id) * FROM settlement_reports WHERE NOT mixed
      ORDER BY window_id, revision DESC) r
WHERE r.held_by_mode;
