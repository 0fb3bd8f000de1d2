-- Owner: inventory-reserver. Not breaking: the first file of the projection.
-- The runtime sets search_path to the schema of the version (inventory_v1), so names stay
-- unqualified.
--
-- inventory_ledger is append-only and the outbox: what is published is built from a line alone.
-- One line for each balance or reservation that an event changed, one for each alarm, and one of
-- kind seen where an event changed no figure. It is divided by the month of recorded_at. It has no
-- index besides its key. month to content_hash belong to the runtime.
CREATE TABLE inventory_ledger (
  month date NOT NULL,
  partition int NOT NULL,
  "offset" bigint NOT NULL,
  line smallint NOT NULL,
  id_hash bigint,
  content_hash bigint,
  kind text NOT NULL,
  event_id text NOT NULL,
  event_type text NOT NULL,
  correlation_id text NOT NULL,
  effective_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  account text,
  trading_bot_id text,
  asset text,
  condition_id text,
  token_id text,
  free_shares numeric(38,6),
  free_pusd numeric(38,6),
  reserved_shares numeric(38,6),
  reserved_pusd numeric(38,6),
  pending_out_shares numeric(38,6),
  pending_out_pusd numeric(38,6),
  total_shares numeric(38,6),
  total_pusd numeric(38,6),
  pending_in_shares numeric(38,6),
  pending_in_pusd numeric(38,6),
  redeemable_shares numeric(38,6),
  reservation_id text,
  order_id text,
  state text,
  requested_shares numeric(38,6),
  requested_pusd numeric(38,6),
  remaining_shares numeric(38,6),
  remaining_pusd numeric(38,6),
  expires_at timestamptz,
  reason_code text,
  incomplete_reasons text[] NOT NULL,
  mode text NOT NULL,
  PRIMARY KEY (partition, "offset", line, month)
) PARTITION BY RANGE (month);

-- What an account has of a token. free + reserved + pending_out = total, checked by the database,
-- too; pending_in and redeemable stand beside it.
CREATE TABLE token_balances (
  account text NOT NULL,
  token_id text NOT NULL,
  condition_id text,
  outcome_index int,
  free_shares numeric(38,6) NOT NULL,
  reserved_shares numeric(38,6) NOT NULL,
  pending_out_shares numeric(38,6) NOT NULL,
  total_shares numeric(38,6) NOT NULL,
  pending_in_shares numeric(38,6) NOT NULL,
  redeemable_shares numeric(38,6) NOT NULL,
  payout_numerators text,
  incomplete_reasons text[] NOT NULL,
  doubts text[] NOT NULL,
  ledger_partition int NOT NULL,
  ledger_offset bigint NOT NULL,
  PRIMARY KEY (account, token_id),
  CHECK (free_shares + reserved_shares + pending_out_shares = total_shares)
) WITH (fillfactor = 70);

-- What an account has of pUSD.
CREATE TABLE cash_balances (
  account text PRIMARY KEY,
  free_pusd numeric(38,6) NOT NULL,
  reserved_pusd numeric(38,6) NOT NULL,
  pending_out_pusd numeric(38,6) NOT NULL,
  total_pusd numeric(38,6) NOT NULL,
  pending_in_pusd numeric(38,6) NOT NULL,
  is_opened boolean NOT NULL,
  fees_missing bigint NOT NULL,
  orders_without_max_fee bigint NOT NULL,
  incomplete_reasons text[] NOT NULL,
  doubts text[] NOT NULL,
  ledger_partition int NOT NULL,
  ledger_offset bigint NOT NULL,
  CHECK (free_pusd + reserved_pusd + pending_out_pusd = total_pusd)
) WITH (fillfactor = 70);

-- Orders with what was filled of them and the reservation that follows from it. pending_shares are
-- those of fills that may still fail, pending_pusd goes out with them; of unpriced_shares nobody
-- has stated the fee, which may go out, too. An order that only fills or an end were told of has no
-- terms yet (token_id and so on are null).
CREATE TABLE orders (
  account text NOT NULL,
  order_id text NOT NULL,
  order_hash text,
  trading_bot_id text,
  condition_id text,
  token_id text,
  order_side text,
  price numeric(38,18),
  quantity_shares numeric(38,6),
  max_fee_pusd numeric(38,6),
  expires_at timestamptz,
  filled_shares numeric(38,6) NOT NULL,
  pending_shares numeric(38,6) NOT NULL,
  pending_pusd numeric(38,6) NOT NULL,
  unpriced_shares numeric(38,6) NOT NULL,
  filled_token_id text,
  closing_reason text,
  swept text,
  reservation_id text NOT NULL,
  request_id text,
  state text,
  requested_shares numeric(38,6),
  requested_pusd numeric(38,6),
  remaining_shares numeric(38,6),
  remaining_pusd numeric(38,6),
  reason_code text,
  ledger_partition int NOT NULL,
  ledger_offset bigint NOT NULL,
  PRIMARY KEY (account, order_id)
) WITH (fillfactor = 70);

CREATE INDEX orders_by_hash ON orders (account, order_hash) WHERE order_hash IS NOT NULL;

-- The same rows, looked up by another key.
CREATE VIEW order_by_hash AS SELECT * FROM orders WHERE order_hash IS NOT NULL;

-- Fills that name an order by its hash, before anything else has.
CREATE TABLE stray_fills (
  account text NOT NULL,
  order_hash text NOT NULL,
  filled_shares numeric(38,6) NOT NULL,
  pending_shares numeric(38,6) NOT NULL,
  pending_pusd numeric(38,6) NOT NULL,
  unpriced_shares numeric(38,6) NOT NULL,
  filled_token_id text NOT NULL,
  PRIMARY KEY (account, order_hash)
);

-- What each fill moved, so that it can be settled, undone or reversed. is_aside: confirmed, and the
-- books wait for its release.
CREATE TABLE fills (
  account text NOT NULL,
  fill_id text NOT NULL,
  stage text NOT NULL,
  is_aside boolean NOT NULL,
  token_id text,
  order_side text,
  quantity_shares numeric(38,6),
  size_pusd numeric(38,6),
  fee_pusd numeric(38,6),
  order_id text,
  order_hash text,
  PRIMARY KEY (account, fill_id)
) WITH (fillfactor = 70);

-- Reservations that were asked for. One that an order took over is that order's.
CREATE TABLE requests (
  account text NOT NULL,
  reservation_id text NOT NULL,
  trading_bot_id text NOT NULL,
  token_id text,
  amount_shares numeric(38,6),
  amount_pusd numeric(38,6),
  expires_at timestamptz,
  state text NOT NULL,
  reason_code text,
  order_id text,
  ledger_partition int NOT NULL,
  ledger_offset bigint NOT NULL,
  PRIMARY KEY (account, reservation_id)
);

-- Markets as a log partition knows them: resolutions stand on every partition.
CREATE TABLE markets (
  partition text NOT NULL,
  condition_id text NOT NULL,
  tokens text[] NOT NULL,
  payout_numerators text,
  holders text[] NOT NULL,
  PRIMARY KEY (partition, condition_id)
);

-- The condition of a token, or the accounts that hold it while that is not known.
CREATE TABLE token_places (
  partition text NOT NULL,
  token_id text NOT NULL,
  condition_id text,
  accounts text[] NOT NULL,
  PRIMARY KEY (partition, token_id)
);

-- What is live: what a deadline or a resolution has to look at.
CREATE TABLE live (
  partition text NOT NULL,
  item text NOT NULL,
  account text NOT NULL,
  token_id text,
  keeps_token_id text,
  condition_id text,
  deadline timestamptz,
  PRIMARY KEY (partition, item)
);

-- The mode in force at the place where a log partition stands.
CREATE TABLE parameters (
  partition text PRIMARY KEY,
  market_seq bigint NOT NULL,
  mode text NOT NULL,
  exchange_max_fee_bps bigint NOT NULL,
  last_offset bigint NOT NULL,
  updated_at timestamptz NOT NULL
);

-- For readers (`polytraders inventory`): one row for each account and token, and one for its pUSD.
-- Amounts stand in the columns of their unit, the others are null.
CREATE VIEW inventory AS
SELECT account, 'TOKEN' AS asset, condition_id, token_id,
       free_shares, NULL::numeric(38,6) AS free_pusd,
       reserved_shares, NULL::numeric(38,6) AS reserved_pusd,
       pending_out_shares, NULL::numeric(38,6) AS pending_out_pusd,
       total_shares, NULL::numeric(38,6) AS total_pusd,
       pending_in_shares, NULL::numeric(38,6) AS pending_in_pusd,
       redeemable_shares, incomplete_reasons, ledger_partition, ledger_offset
FROM token_balances
UNION ALL
SELECT account, 'PUSD', NULL, NULL,
       NULL, free_pusd, NULL, reserved_pusd, NULL, pending_out_pusd, NULL, total_pusd,
       NULL, pending_in_pusd, NULL, incomplete_reasons, ledger_partition, ledger_offset
FROM cash_balances;

-- For readers (`polytraders reservations`): every reservation there is or was, under the id that
-- it is published with, whether an order or a request keeps it.
CREATE VIEW reservations AS
SELECT reservation_id, account, trading_bot_id,
       CASE order_side WHEN 'SELL' THEN 'TOKEN' ELSE 'PUSD' END AS asset,
       CASE order_side WHEN 'SELL' THEN token_id END AS token_id,
       order_id, state, requested_shares, requested_pusd, remaining_shares, remaining_pusd,
       expires_at, reason_code, ledger_partition, ledger_offset
FROM orders WHERE state IS NOT NULL
UNION ALL
SELECT reservation_id, account, trading_bot_id,
       CASE WHEN token_id IS NULL THEN 'PUSD' ELSE 'TOKEN' END, token_id,
       NULL, state, amount_shares, amount_pusd,
       CASE WHEN token_id IS NULL THEN NULL WHEN state = 'pending' THEN amount_shares ELSE 0 END,
       CASE WHEN token_id IS NOT NULL THEN NULL WHEN state = 'pending' THEN amount_pusd ELSE 0 END,
       expires_at, reason_code, ledger_partition, ledger_offset
FROM requests WHERE state <> 'taken';

-- For readers (health of pnl-projector): how many orders of real accounts are open.
CREATE VIEW open_orders AS
SELECT count(*) AS orders FROM live
WHERE starts_with(item, 'order|') AND NOT starts_with(account, 'paper:');
