-- Owner: fill-ingestor. Not breaking: the first file of the schema.
-- What came in (inbox), what is known (identity, orders, markets), what goes out (outbox).
-- Not a public interface: others read the views at the end.

-- Where each partition of the inbox ends. Appenders lock the rows that they need, in the order of
-- partitions, and hold them until they commit: so seq is dense and rows show up in its order.
CREATE TABLE inbox_end (
  partition int    PRIMARY KEY,
  next_seq  bigint NOT NULL
);
INSERT INTO inbox_end (partition, next_seq)
  SELECT partition, 0 FROM generate_series(0, 11) AS partition;

CREATE TABLE inbox (
  partition       int         NOT NULL,
  seq             bigint      NOT NULL,
  source          text        NOT NULL,
  source_position text        NOT NULL,
  content_hash    bytea       NOT NULL,
  received_at     timestamptz NOT NULL,
  raw_format      text        NOT NULL,
  bytes           bytea       NOT NULL,  -- the input as it arrived
  payload         text        NOT NULL,  -- the same as named texts, in JSON
  PRIMARY KEY (partition, seq)
);
-- Exactly once: the same place of a source with the same content is the same input.
CREATE UNIQUE INDEX inbox_once ON inbox (source_position, source, partition, content_hash);

-- The order of events that every partition gets.
CREATE TABLE market_sequence (
  one      bool   PRIMARY KEY DEFAULT true CHECK (one),
  next_seq bigint NOT NULL
);
INSERT INTO market_sequence (next_seq) VALUES (1);

-- How far a reader has read a source partition. The epoch is the fence between readers.
CREATE TABLE source_position (
  source      text   NOT NULL,
  partition   int    NOT NULL,
  epoch       bigint NOT NULL DEFAULT 0,
  worker_id   text,
  next_offset bigint NOT NULL,
  last_offset bigint,
  last_hash   bytea,
  topic_id    text,              -- Kafka's own id of the topic that was read
  halted      text,              -- why the partition stands still, if it does
  PRIMARY KEY (source, partition)
);

-- Which account an order belongs to, noted by the reader that routed it: the specification's bare
-- match event names an order and nothing else.
CREATE TABLE order_route (
  order_id text PRIMARY KEY,
  account  text NOT NULL
);

CREATE TABLE fill_identity (
  fill_id         text          PRIMARY KEY,
  log_partition   text          NOT NULL,
  account         text          NOT NULL,
  source          text          NOT NULL,
  recipe          text          NOT NULL,
  status          text          NOT NULL,
  joined_to       text,
  joined_sources  text[]        NOT NULL,
  order_id        text,
  trading_bot_id  text          NOT NULL,
  token_id        text          NOT NULL,
  order_side      text          NOT NULL,
  quantity_shares numeric(38,6) NOT NULL,
  size_pusd       numeric(38,6) NOT NULL,
  fee_pusd        numeric(38,6),  -- gross, as first stated; the next three say how
  fee_bps         bigint,
  fee_source      text,
  fee_declared_by text,
  tx_hash         text,
  order_hash      text,
  log_index       bigint,
  block_number    bigint,
  matched_at      timestamptz,
  confirmed_at    timestamptz,    -- which window it belongs to, once it is final
  condition_id    text,           -- under what it stands on the log
  unplaced_at     timestamptz,    -- confirmed_at, where its transaction has no block there
  told_end        text,           -- an end that a source not of record told before there was one
  paper           bool          NOT NULL,
  event_id        text,
  has_place       bool          NOT NULL,  -- whether fill_place holds its two hashes for it
  bytes           bytea         NOT NULL
);

-- Found at the end of a window, whose chain is asked for their blocks.
CREATE INDEX fill_identity_unplaced ON fill_identity (account, unplaced_at)
  WHERE unplaced_at IS NOT NULL;

-- The one fill of a place on the chain. A table of its own, so that two partitions that claim one
-- place at the same time meet in a key of their own, and the later one is folded anew.
CREATE TABLE fill_place (
  tx_hash       text NOT NULL,
  order_hash    text NOT NULL,
  log_partition text NOT NULL,
  fill_id       text NOT NULL,
  PRIMARY KEY (tx_hash, order_hash)
);

-- Which source spoke first of an account that is not declared: it is of record (B9).
CREATE TABLE account_source (
  account       text PRIMARY KEY,
  log_partition text NOT NULL,
  source        text NOT NULL
);

-- Accounts of which the sources said two things (B8, B9). What is booked for them from then on says
-- so, until an operator decides.
CREATE TABLE account_in_doubt (
  log_partition   text NOT NULL,
  account         text NOT NULL,
  reason_code     text NOT NULL,  -- of the first input that was set aside
  source          text NOT NULL,  -- and where it stands in the quarantine
  source_position text NOT NULL,
  PRIMARY KEY (log_partition, account)
);

CREATE TABLE orders (
  order_id        text PRIMARY KEY,
  log_partition   text NOT NULL,
  order_hash      text,
  account         text NOT NULL,
  trading_bot_id  text,  -- as a report has named it
  condition_id    text,
  venue_market_id text,
  token_id        text,
  order_side      text,
  price           numeric(38,18),
  quantity_shares numeric(38,6),
  expires_at      timestamptz,
  status          text NOT NULL,
  paper           bool NOT NULL,
  first_source    text,  -- that of its account, see account_source
  event_id        text NOT NULL
);
CREATE INDEX orders_hash ON orders (order_hash) WHERE order_hash IS NOT NULL;

-- The same rows, found by their place on the chain and by their hash.
CREATE VIEW fill_by_place AS
  SELECT f.fill_id, f.log_partition, f.account, f.source, f.recipe, f.status, f.joined_to,
         f.joined_sources, f.order_id, f.trading_bot_id, f.token_id, f.order_side,
         f.quantity_shares, f.size_pusd, f.fee_pusd, f.fee_bps, f.fee_source,
         f.fee_declared_by, p.tx_hash, p.order_hash, f.log_index,
         f.block_number, f.matched_at, f.confirmed_at, f.condition_id, f.unplaced_at,
         f.told_end, f.paper,
         f.event_id, f.has_place, f.bytes
    FROM fill_place p JOIN fill_identity f USING (fill_id);
CREATE VIEW order_by_hash AS SELECT * FROM orders;

-- Up to when each partition was told that time has passed, and how often.
CREATE TABLE time_told (
  partition int         PRIMARY KEY,
  told_to   timestamptz NOT NULL,
  times     bigint      NOT NULL
);
-- Deadlines that were not told yet. A writer sets one, and takes it away where its order ends
-- first; the clock takes away what it tells, so that none is told twice.
CREATE TABLE deadline (
  kind          text        NOT NULL,  -- order, reservation
  id            text        NOT NULL,
  log_partition text        NOT NULL,
  due_at        timestamptz NOT NULL,
  PRIMARY KEY (kind, id)
);
CREATE INDEX deadline_due ON deadline (due_at);

-- Parameters of each processor as they were last written to the log.
CREATE TABLE parameters_told (
  processor text PRIMARY KEY,
  settings  text NOT NULL
);

-- What of a market stands on the log of a partition: every condition, or token of an unknown one,
-- that anything of that partition has named.
CREATE TABLE market_on_log (
  log_partition   text NOT NULL,
  place           text NOT NULL,
  definition_hash text NOT NULL,  -- of the last MarketDefined; empty before the first
  synthesised     bool NOT NULL,
  tokens          text NOT NULL,
  resolution      text,           -- payout numerators as JSON, once it is resolved
  PRIMARY KEY (log_partition, place)
);
CREATE INDEX market_on_log_place ON market_on_log (place);

-- Market data as it is now. Written by the bus reader, read by the writers.
CREATE TABLE market_definition (
  condition_id       text PRIMARY KEY,
  definition         text NOT NULL,
  definition_hash    text NOT NULL,
  neg_risk_market_id text,
  questions          int  NOT NULL  -- how many of its event it names
);
CREATE INDEX market_definition_event
  ON market_definition (neg_risk_market_id, questions DESC, condition_id)
  WHERE neg_risk_market_id IS NOT NULL;
-- Which marks a condition needs: its own tokens, and the YES tokens of its event's questions.
CREATE TABLE market_token (
  condition_id text NOT NULL,
  token_id     text NOT NULL,
  own          bool NOT NULL,
  PRIMARY KEY (condition_id, token_id)
);
CREATE INDEX market_token_own ON market_token (token_id) WHERE own;
CREATE TABLE mark (
  token_id    text           NOT NULL,
  kind        text           NOT NULL,
  price       numeric(38,18) NOT NULL,
  observed_at timestamptz    NOT NULL,
  -- The last one before the midnight (UTC) that lies before this one: windows end at midnight.
  eve_price       numeric(38,18),
  eve_observed_at timestamptz,
  PRIMARY KEY (token_id, kind)
);

-- A market by its condition, or by one of its own tokens. Two views each: in a union of both the
-- planner would join all tokens there are for every batch of inputs.
CREATE VIEW market_facts AS
  SELECT condition_id AS place, definition, definition_hash FROM market_definition;
CREATE VIEW market_facts_by_token AS
  SELECT t.token_id AS place, d.definition, d.definition_hash
    FROM market_token t JOIN market_definition d USING (condition_id) WHERE t.own;
CREATE VIEW market_marks AS
  SELECT t.condition_id AS place, m.token_id, m.kind, m.price, m.observed_at
    FROM market_token t JOIN mark m USING (token_id);
CREATE VIEW market_marks_by_token AS
  SELECT own.token_id AS place, m.token_id, m.kind, m.price, m.observed_at
    FROM market_token own
    JOIN market_token t USING (condition_id)
    JOIN mark m ON m.token_id = t.token_id
   WHERE own.own;

-- What the writers made of the inbox, in order; offset is the seq of the input. The log and the
-- quarantine topic are published from here. partition to content_hash belong to the runtime.
CREATE TABLE outbox (
  partition       int         NOT NULL,
  "offset"        bigint      NOT NULL,
  line            int         NOT NULL,
  id_hash         bigint,
  content_hash    bigint,
  event_id        text        NOT NULL,
  record_type     text        NOT NULL,
  topic           text        NOT NULL,
  key             text        NOT NULL,
  fill_id         text,
  source_position text        NOT NULL,
  reason_code     text,
  recorded_at     timestamptz NOT NULL,
  body            text        NOT NULL,
  PRIMARY KEY (partition, "offset", line)
);
CREATE INDEX outbox_quarantine ON outbox (recorded_at) WHERE record_type = 'QuarantinedInput';

-- For people and tools: inputs that could not be used, each with its reason.
CREATE VIEW quarantine AS
  SELECT body::jsonb ->> 'quarantine_id' AS quarantine_id,
         recorded_at,
         reason_code,
         body::jsonb ->> 'detail'      AS detail,
         body::jsonb ->> 'source'      AS source,
         source_position,
         body::jsonb ->> 'record_type' AS record_type,
         body::jsonb ->> 'account'     AS account,
         fill_id,
         body::jsonb ->> 'order_id'    AS order_id,
         body::jsonb ->> 'raw_sha256'  AS raw_sha256,
         body::jsonb ->> 'raw_format'  AS raw_format,
         body::jsonb ->> 'raw'         AS raw_base64,
         body::jsonb ->> 'conflicts_with_event_id' AS conflicts_with_event_id
    FROM outbox WHERE record_type = 'QuarantinedInput';
