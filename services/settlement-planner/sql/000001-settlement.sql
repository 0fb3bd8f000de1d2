-- Owner: settlement-planner. Not breaking: the first file of the projection.
-- The runtime sets search_path to the schema of the version (settlement_v1), so names stay
-- unqualified.
--
-- settlement_ledger is append-only and the outbox: a published job is built from its line alone.
-- A line is a new state of a job (JOB), says that a market stands elsewhere for a wallet (STATUS),
-- or only that an event was seen (SEEN), by which it is known again. It is divided by the month of
-- recorded_at. month to content_hash belong to the runtime. legs and gains hold
-- token:outcome:micros, a space between.
CREATE TABLE settlement_ledger (
  month date NOT NULL,
  partition int NOT NULL,
  "offset" bigint NOT NULL,
  line smallint NOT NULL,
  id_hash bigint,
  content_hash bigint,
  event_id text NOT NULL,
  correlation_id text NOT NULL,
  effective_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  account text NOT NULL,
  line_kind text NOT NULL,
  condition_id text,
  neg_risk_market_id text,
  market_status text,
  mode text NOT NULL,
  job_id text,
  kind text,
  state text,
  amount_shares numeric(38,6),
  index_set text,
  legs text NOT NULL,
  gains text NOT NULL,
  payout_pusd numeric(38,6),
  fee_pusd numeric(38,6),
  fee_bips int,
  contract text,
  calldata text,
  claimed_by text,
  tx_hash text,
  paid_pusd numeric(38,6),
  superseded_by text,
  reason_code text,
  failure_reason text,
  PRIMARY KEY (partition, "offset", line, month)
) PARTITION BY RANGE (month);

-- How far a log partition is folded, and the parameters in force there.
CREATE TABLE partitions (
  partition text PRIMARY KEY,
  next_offset bigint NOT NULL,
  market_seq bigint NOT NULL,
  mode text NOT NULL,
  neg_risk_fee_bips bigint NOT NULL,
  exchange_max_fee_bps bigint NOT NULL,
  addresses text[] NOT NULL
);

-- Markets as a partition knows them. collateral is what the token ids prove: null is unknown, and
-- then nothing is planned. tokens are YES and NO.
CREATE TABLE markets (
  partition text NOT NULL,
  condition_id text NOT NULL,
  collateral text,
  tokens text[] NOT NULL,
  neg_risk_market_id text,
  question_index int,
  told text NOT NULL,
  payout_numerators text[],
  PRIMARY KEY (partition, condition_id)
);

-- Negative-risk events: fee_bips is null until a conversion on the chain has paid one.
CREATE TABLE neg_risk_events (
  partition text NOT NULL,
  neg_risk_market_id text NOT NULL,
  question_count int NOT NULL,
  fee_bips int,
  PRIMARY KEY (partition, neg_risk_market_id)
);

-- What wallets hold of markets, as long as there is something to know of it.
CREATE TABLE positions (
  partition text NOT NULL,
  account text NOT NULL,
  condition_id text NOT NULL,
  settlement_status text NOT NULL,
  yes_token_id text NOT NULL,
  yes_free_shares numeric(38,6) NOT NULL,
  yes_total_shares numeric(38,6) NOT NULL,
  yes_doubts text[] NOT NULL,
  no_token_id text NOT NULL,
  no_free_shares numeric(38,6) NOT NULL,
  no_total_shares numeric(38,6) NOT NULL,
  no_doubts text[] NOT NULL,
  PRIMARY KEY (partition, account, condition_id)
) WITH (fillfactor = 70);

-- One row for each target of a wallet that has an open job, failures, or a reason to have none.
-- A target is a condition, or a negative-risk market for its conversion.
CREATE TABLE slots (
  partition text NOT NULL,
  account text NOT NULL,
  target text NOT NULL,
  withheld_kind text,
  withheld_code text,
  failures int NOT NULL,
  failed_plan text,
  job_id text,
  state text,
  kind text,
  condition_id text,
  neg_risk_market_id text,
  contract text,
  calldata text,
  amount_shares numeric(38,6),
  index_set text,
  legs text NOT NULL,
  gains text NOT NULL,
  payout_pusd numeric(38,6),
  fee_pusd numeric(38,6),
  fee_yes_shares numeric(38,6),
  fee_bips int,
  question_count int,
  tx_hash text,
  claimed_by text,
  correlation_id text,
  planned_offset bigint,
  PRIMARY KEY (partition, account, target)
) WITH (fillfactor = 70);

-- Jobs that are over, so that a claim that comes too late is answered by name.
CREATE TABLE ended_jobs (
  job_id text PRIMARY KEY,
  state text NOT NULL,
  tx_hash text
);

-- The folded inventory, one entity a row, by its key. Nobody reads it but the fold.
CREATE TABLE inventory (
  key text PRIMARY KEY,
  entity text NOT NULL
) WITH (fillfactor = 70);

-- Orders and requests that keep something, with their deadlines.
CREATE TABLE live_items (
  partition text NOT NULL,
  item_key text NOT NULL,
  item text NOT NULL,
  PRIMARY KEY (partition, item_key)
) WITH (fillfactor = 70);

-- Every state that a job has been in, in the order of the log.
CREATE VIEW job_history AS
SELECT job_id, state, account, kind, condition_id, neg_risk_market_id, market_status,
       amount_shares, index_set, payout_pusd, fee_pusd, fee_bips, contract, calldata, claimed_by,
       tx_hash, paid_pusd, superseded_by, reason_code, failure_reason, legs, gains, mode,
       event_id, correlation_id, effective_at, recorded_at, partition, "offset", line
FROM settlement_ledger WHERE line_kind = 'JOB';

-- Where each job stands.
CREATE VIEW jobs AS
SELECT DISTINCT ON (job_id) * FROM job_history
ORDER BY job_id, partition, "offset" DESC, line DESC;

-- Where markets stand for wallets: what is held, and what has been redeemed.
CREATE VIEW settlement_status AS
SELECT account, condition_id, settlement_status FROM positions
UNION ALL
SELECT account, condition_id, market_status FROM (
  SELECT DISTINCT ON (account, condition_id) account, condition_id, market_status
  FROM settlement_ledger WHERE line_kind = 'STATUS'
  ORDER BY account, condition_id, partition, "offset" DESC, line DESC) AS last
WHERE market_status = 'redeemed'
  AND NOT EXISTS (SELECT FROM positions p
                  WHERE p.account = last.account AND p.condition_id = last.condition_id);

-- Why nothing is planned where there is something to gain.
CREATE VIEW withheld AS
SELECT account, target, withheld_kind AS kind, withheld_code AS reason_code, failures
FROM slots WHERE withheld_code IS NOT NULL;
