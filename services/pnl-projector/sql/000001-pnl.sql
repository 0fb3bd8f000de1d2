-- Owner: pnl-projector. Not breaking: the first file of the projection.
-- The runtime sets search_path to the schema of the version (pnl_v1), so names stay unqualified.
--
-- pnl_ledger is append-only and the outbox: a report is built from its line alone. It is divided
-- by the month of recorded_at, so that expiry is dropping a partition (rule B15). It has no index
-- over all its lines besides its key: each one would be paid by every fill of a rebuild, and fill
-- ids are unique already, in the ingestor's fill_identity. month to content_hash belong to the
-- runtime.
-- retained_until is null on a line that is quarantined: it is kept until it was reviewed, and from
-- then on as long as the line of its review (REVERSE, RELEASE) says. Paper has none, as it is not
-- of the regulatory tier (rules B15, B16).
--
-- A line is what one event did to one book, or to a wallet's cash. entry_kind FILL: the columns of
-- fills. Other kinds: quantity_shares is signed into the book, and
-- cost_basis_pusd - cost_basis_before_pusd
--   = coalesce(carried_basis_pusd, 0) + realised_pnl_pusd + coalesce(unknown_basis_pusd, 0)
--     - cash_pusd.
-- cash_pusd is signed into the wallet, fee included, for all kinds: what rule B13 sums by block.
-- mark_price was observed at mark_observed_at; null where nobody knows, and of a payout. At the
-- payout carried_mark is the mark that the fill brought all the same: kind, price and, where it is
-- known, microseconds since 1970. Windows that ended before the resolution value by it (rule B4).
CREATE TABLE pnl_ledger (
  month date NOT NULL,
  partition int NOT NULL,
  "offset" bigint NOT NULL,
  line int NOT NULL,
  id_hash bigint,
  content_hash bigint,
  entry_kind text NOT NULL,
  fill_id text,
  event_id text NOT NULL,
  correlation_id text NOT NULL,
  effective_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  confirmed_at timestamptz NOT NULL,
  retained_until date,
  account text NOT NULL,
  trading_bot_id text NOT NULL,
  condition_id text,
  venue_market_id text,
  token_id text,
  order_id text,
  side text,
  order_side text,
  quantity_shares numeric(38,6),
  size_pusd numeric(38,6),
  price numeric(38,18),
  fee_source text,
  fee_bps_match_event int,
  gross_fee_pusd numeric(38,6),
  maker_rebate_pusd numeric(38,6),
  net_fee_pusd numeric(38,6),
  builder_code text,
  builder_fee_pusd numeric(38,6),
  strategy_slug text,
  user_id text,
  effect text NOT NULL,
  opened_shares numeric(38,6) NOT NULL,
  opened_basis_pusd numeric(38,6) NOT NULL,
  closed_shares numeric(38,6) NOT NULL,
  closed_basis_pusd numeric(38,6) NOT NULL,
  cash_pusd numeric(38,6),
  cost_basis_before_pusd numeric(38,6),
  carried_basis_pusd numeric(38,6),
  unknown_basis_pusd numeric(38,6),
  realised_pnl_pusd numeric(38,6),
  unrealised_pnl_pusd numeric(38,6),
  position_shares numeric(38,6) NOT NULL,
  cost_basis_pusd numeric(38,6) NOT NULL,
  avg_cost numeric(38,6),
  mark_price numeric(38,18),
  mark_age_ms bigint,
  mark_kind text,
  mark_observed_at timestamptz,
  carried_mark text,
  neg_risk_price numeric(38,18),
  neg_risk_mark_sum numeric(38,6),
  neg_risk boolean,
  paper boolean NOT NULL,
  mode text NOT NULL,
  quarantined boolean NOT NULL,
  reason_codes text[] NOT NULL,
  books_complete boolean NOT NULL,
  incomplete_reasons text[] NOT NULL,
  identity_recipe text,
  detail text,
  source text NOT NULL,
  tx_hash text,
  order_hash text,
  block_number bigint,
  log_index int,
  PRIMARY KEY (partition, "offset", line, month),
  CONSTRAINT regulatory_tier CHECK (
    retained_until IS NULL OR NOT paper AND (NOT quarantined OR entry_kind = 'REVERSE'))
) PARTITION BY RANGE (month);

-- One book per account, trading bot and token. Shares and basis are signed: a book may be short.
-- lots is its newest page of open lots: most books have no other, and a fill rewrites one row.
-- wallet_shares is what its events moved in the wallet, those that were set aside included.
-- condition_id and oversold_at are the same in all books of a token.
-- unrealised_pnl_pusd stands at the book's last fill, or at the last of its negative-risk event.
-- mark_price is of the token as observed at mark_observed_at (MID, LAST, REPORTED; PAYOUT once it
-- is resolved) and was mark_age_ms old then; mark_stale: a mark behind the number was further from
-- the fill than the limit. neg_risk_price: that mark normalised within its event (rule B5).
CREATE TABLE positions (
  account text NOT NULL,
  token_id text NOT NULL,
  trading_bot_id text NOT NULL,
  condition_id text,
  neg_risk boolean,
  position_shares numeric(38,6) NOT NULL,
  cost_basis_pusd numeric(38,6) NOT NULL,
  avg_cost numeric(38,6),
  realised_pnl_pusd numeric(38,6) NOT NULL,
  unrealised_pnl_pusd numeric(38,6),
  mark_price numeric(38,18),
  mark_observed_at timestamptz,
  mark_kind text,
  mark_age_ms bigint,
  mark_stale boolean NOT NULL,
  neg_risk_price numeric(38,18),
  volume_pusd numeric(38,6) NOT NULL,
  gross_fees_pusd numeric(38,6) NOT NULL,
  maker_rebates_pusd numeric(38,6) NOT NULL,
  net_fees_pusd numeric(38,6) NOT NULL,
  fills bigint NOT NULL,
  quarantined_fills bigint NOT NULL,
  books_complete boolean NOT NULL,
  incomplete_reasons text[] NOT NULL,
  wallet_shares numeric(38,6) NOT NULL,
  oversold_at bigint,
  next_page bigint NOT NULL,
  lots text NOT NULL,
  last_offset bigint NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (account, token_id, trading_bot_id)
) WITH (fillfactor = 70);

-- Books with fills that wait for a review: how many there are is asked every few seconds.
CREATE INDEX positions_quarantined ON positions (account) WHERE quarantined_fills > 0;

-- The open lots of a book before its newest page, in pages of at most 32, oldest first within a
-- page and over pages, so that a fill rewrites one or two rows however many lots are open. lots has
-- one lot a line: quantity, basis (both in micros), offset, opened at and fill id, a space between.
-- The basis of a lot that nobody knows is a question mark. Read the view.
CREATE TABLE lot_pages (
  account text NOT NULL,
  token_id text NOT NULL,
  trading_bot_id text NOT NULL,
  page bigint NOT NULL,
  lots text NOT NULL,
  PRIMARY KEY (account, token_id, trading_bot_id, page)
) WITH (fillfactor = 70);

-- What a share of a token pays, once its condition is resolved. Lots up to resolved_offset have it
-- as their basis.
CREATE TABLE settled_tokens (
  account text NOT NULL,
  token_id text NOT NULL,
  payout_numerator text NOT NULL,
  payout_denominator text NOT NULL,
  resolved_offset bigint NOT NULL,
  PRIMARY KEY (account, token_id)
);

-- Conditions as a log partition knows them. tokens and payout_numerators by outcome index.
CREATE TABLE markets (
  partition text NOT NULL,
  condition_id text NOT NULL,
  tokens text[] NOT NULL,
  synthesised boolean NOT NULL,
  neg_risk_market_id text,
  status text NOT NULL,
  payout_numerators text[] NOT NULL,
  resolved_at timestamptz,
  resolved_offset bigint,
  last_offset bigint NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (partition, condition_id)
);

-- Which holdings are of a condition: a row when a holding is new, so that a resolution finds them
-- and the fills after it write nothing here.
CREATE TABLE market_holdings (
  partition text NOT NULL,
  condition_id text NOT NULL,
  place bigint NOT NULL,
  account text NOT NULL,
  token_id text NOT NULL,
  PRIMARY KEY (partition, condition_id, place)
);

-- The questions of a negative-risk event as a log partition knows them, and what they pay once they
-- are resolved, by outcome index.
CREATE TABLE event_questions (
  partition text NOT NULL,
  neg_risk_market_id text NOT NULL,
  question_index bigint NOT NULL,
  condition_id text NOT NULL,
  yes_token_id text NOT NULL,
  no_token_id text NOT NULL,
  payout_numerators text[] NOT NULL,
  PRIMARY KEY (partition, neg_risk_market_id, question_index)
);

-- Which holdings are of an event: a row when a holding is new or its event becomes known, so that a
-- fill of the event finds the other books that it is valued with.
CREATE TABLE event_holdings (
  partition text NOT NULL,
  neg_risk_market_id text NOT NULL,
  place bigint NOT NULL,
  account text NOT NULL,
  token_id text NOT NULL,
  PRIMARY KEY (partition, neg_risk_market_id, place)
);

-- The condition of a token by its definition, and the event that lists it.
CREATE TABLE tokens (
  partition text NOT NULL,
  token_id text NOT NULL,
  condition_id text NOT NULL,
  neg_risk_market_id text,
  PRIMARY KEY (partition, token_id)
);

-- Holdings of tokens whose condition nobody has told yet; a definition finds them here.
CREATE TABLE tokens_without_condition (
  partition text NOT NULL,
  token_id text NOT NULL,
  account text NOT NULL,
  PRIMARY KEY (partition, token_id, account)
);

-- Who carries out a settlement job of an account with which transaction: the bot of what comes in
-- by it.
CREATE TABLE claims (
  account text NOT NULL,
  tx_hash text NOT NULL,
  job_id text NOT NULL,
  claimed_by text NOT NULL,
  last_offset bigint NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (account, tx_hash)
);

-- Parameters in force at the place where a log partition stands.
CREATE TABLE parameters (
  partition text PRIMARY KEY,
  market_seq bigint NOT NULL,
  mode text NOT NULL,
  mark_age_limit_ms bigint NOT NULL,
  exchange_max_fee_bps bigint NOT NULL,
  retain_days bigint NOT NULL,
  last_offset bigint NOT NULL,
  updated_at timestamptz NOT NULL
);

-- Open lots, one a row, signed as their book. lot counts from 1, oldest first. A basis that nobody
-- knows is null.
CREATE VIEW lots AS
SELECT p.account, p.trading_bot_id, p.token_id, b.condition_id,
       row_number() OVER (PARTITION BY p.account, p.trading_bot_id, p.token_id
                          ORDER BY p.page, l.place) AS lot,
       (split_part(l.lot, ' ', 1)::numeric * 0.000001 * sign(b.position_shares))::numeric(38,6)
         AS quantity_shares,
       (nullif(split_part(l.lot, ' ', 2), '?')::numeric * 0.000001
         * sign(b.position_shares))::numeric(38,6) AS cost_basis_pusd,
       replace(replace(regexp_replace(l.lot, '^(\S+ ){4}', ''), '%0A', E'\n'), '%25', '%')
         AS opened_by_fill_id,
       split_part(l.lot, ' ', 3)::bigint AS opened_at_offset,
       to_timestamp(0) + split_part(l.lot, ' ', 4)::bigint * interval '1 microsecond' AS opened_at
FROM (SELECT account, token_id, trading_bot_id, page, lots FROM lot_pages
      UNION ALL
      SELECT account, token_id, trading_bot_id, next_page - 1, lots FROM positions
      WHERE lots <> '') p
JOIN positions b USING (account, trading_bot_id, token_id)
CROSS JOIN LATERAL string_to_table(p.lots, E'\n') WITH ORDINALITY AS l (lot, place);

-- Shares of an account and token over all bots. Below zero it is oversold (rule B1).
CREATE VIEW wallets AS
SELECT account, token_id, sum(wallet_shares)::numeric(38,6) AS shares,
       min(oversold_at) AS oversold_at, max(last_offset) AS last_offset,
       max(updated_at) AS updated_at
FROM positions GROUP BY account, token_id;

-- What a reviewed command has made of a fill: RELEASED or REVERSED, the last word on it.
CREATE TABLE fill_reviews (
  account text NOT NULL,
  fill_id text NOT NULL,
  stage text NOT NULL,
  event_id text NOT NULL,
  proposed_by text NOT NULL,
  approved_by text NOT NULL,
  reason text NOT NULL,
  last_offset bigint NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (account, fill_id)
);

-- Reports that a mode has held are out below until_offset of a log partition (rule B19).
CREATE TABLE report_releases (
  partition text PRIMARY KEY,
  until_offset bigint NOT NULL,
  last_offset bigint NOT NULL,
  updated_at timestamptz NOT NULL
);

-- Finds the lines of a transaction whose block is told after them (window_places). Lines that name
-- their block do not enter it; of the others it holds four bytes each.
CREATE INDEX pnl_ledger_unplaced ON pnl_ledger USING hash (tx_hash)
  WHERE block_number IS NULL AND tx_hash IS NOT NULL;

-- Finds the line of a fill that is set aside. Other lines do not enter it, and cost it nothing.
CREATE INDEX pnl_ledger_set_aside ON pnl_ledger (fill_id) WHERE quarantined;

-- Fills that are kept out of the numbers until somebody has reviewed them (rule B18).
CREATE VIEW quarantined_fills AS
SELECT fill_id, account, trading_bot_id, condition_id, token_id, side, order_side, quantity_shares,
       size_pusd, price, fee_source, fee_bps_match_event, gross_fee_pusd, builder_fee_pusd,
       reason_codes, confirmed_at, recorded_at, partition, "offset"
FROM pnl_ledger l WHERE quarantined AND entry_kind = 'FILL' AND NOT EXISTS (
  SELECT FROM fill_reviews r WHERE r.account = l.account AND r.fill_id = l.fill_id);

-- Movements whose shares or cash no book could account for.
CREATE VIEW unbooked_movements AS
SELECT entry_kind, account, condition_id, token_id, quantity_shares, cash_pusd, reason_codes,
       effective_at, recorded_at, tx_hash, event_id, partition, "offset"
FROM pnl_ledger WHERE quarantined AND entry_kind NOT IN ('FILL', 'REVERSE');

-- Reports that a mode has held, by their line; released is true once they are out (rule B19).
CREATE VIEW held_reports AS
SELECT l.entry_kind, l.fill_id, l.account, l.trading_bot_id, l.condition_id, l.token_id,
       l.confirmed_at, l.recorded_at, l.partition, l."offset", l.line,
       l."offset" < coalesce(r.until_offset, 0) AS released
FROM pnl_ledger l LEFT JOIN report_releases r ON r.partition = l.partition::text
WHERE l.mode = 'limited_live' AND NOT l.quarantined AND NOT l.paper
  AND l.entry_kind IN ('FILL', 'RELEASE', 'RESOLVE', 'REVERSE');

-- What reviewed commands have done, line by line, with who wanted it and who approved (rule B18).
CREATE VIEW reviewed_lines AS
SELECT entry_kind, fill_id, account, trading_bot_id, condition_id, token_id, quarantined,
       quantity_shares, size_pusd, gross_fee_pusd, net_fee_pusd, cash_pusd, realised_pnl_pusd,
       detail, confirmed_at, recorded_at, event_id, correlation_id, partition, "offset", line
FROM pnl_ledger WHERE entry_kind IN ('RELEASE', 'REVERSE', 'RESTATE');

-- What moved the pUSD of a wallet, with its place on the chain where that is known (rule B13).
CREATE VIEW cash_legs AS
SELECT account, trading_bot_id, entry_kind, detail, cash_pusd, tx_hash, block_number, log_index,
       effective_at, recorded_at, partition, "offset", line
FROM pnl_ledger WHERE cash_pusd IS DISTINCT FROM 0;
