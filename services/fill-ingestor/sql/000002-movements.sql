-- Owner: fill-ingestor. Not breaking: new tables and views.
-- What the writer remembers of movements without a trade, and of commands.

-- What confirmed fills, movements and opening balances have brought to a wallet: a plain sum. The
-- place is the condition that they named, else the token itself; a token's total is that of both.
-- Books are a bot's: where the sum is 0 there may be some that are not, unless only_bot says whose
-- fills alone it is of.
CREATE TABLE held_tokens (
  log_partition   text          NOT NULL,
  account         text          NOT NULL,
  place           text          NOT NULL,
  token_id        text          NOT NULL,
  quantity_shares numeric(38,6) NOT NULL,
  only_bot        text,
  PRIMARY KEY (log_partition, account, place, token_id)
);

-- Movements that stand on the log, by their identity (B9): transaction, account, and the place
-- within both.
CREATE TABLE movement (
  tx_hash       text  NOT NULL,
  account       text  NOT NULL,
  place         text  NOT NULL,
  log_partition text  NOT NULL,
  type          text  NOT NULL,
  source        text  NOT NULL,  -- who told it first
  content       text  NOT NULL,  -- amounts and legs as JSON
  unplaced_at   timestamptz,     -- when it happened, where it stands there without a block
  event_id      text  NOT NULL,
  bytes         bytea NOT NULL,
  PRIMARY KEY (tx_hash, account, place)
);
CREATE INDEX movement_unplaced ON movement (account, unplaced_at) WHERE unplaced_at IS NOT NULL;

-- Settlement jobs of an account that were claimed with a transaction: its movements there say which
-- job they end. Several accounts may act in one transaction, each with jobs of its own.
CREATE TABLE settlement_claim (
  account       text NOT NULL,
  tx_hash       text NOT NULL,
  job_id        text NOT NULL,
  log_partition text NOT NULL,
  claimed_by    text NOT NULL,
  PRIMARY KEY (account, tx_hash, job_id)
);

-- Commands that were carried out, each once.
CREATE TABLE command (
  command_id    text PRIMARY KEY,
  log_partition text NOT NULL,
  content_hash  text NOT NULL,
  event_id      text NOT NULL
);

-- Ids of reservations, each of one account: that asked for it, or named it on an order. expires_at
-- is null until it was asked for.
CREATE TABLE reservation (
  reservation_id text        PRIMARY KEY,
  log_partition  text        NOT NULL,
  account        text        NOT NULL,
  expires_at     timestamptz
);

-- Accounts whose books began with a declared balance.
CREATE TABLE opening_balance (
  account       text PRIMARY KEY,
  log_partition text NOT NULL,
  event_id      text NOT NULL,
  block_number  bigint,               -- null where it was declared without one
  effective_at  timestamptz NOT NULL
);

-- How far back the fills and movements of an account reach that stand on the log: an opening
-- balance has to lie before them. earliest_loose_at is of those that name no block.
CREATE TABLE account_begun (
  account           text PRIMARY KEY,
  log_partition     text        NOT NULL,
  lowest_block      bigint,
  earliest_at       timestamptz NOT NULL,
  earliest_loose_at timestamptz
);

-- The open orders of a market: what ends with it.
CREATE INDEX orders_open ON orders (log_partition, coalesce(condition_id, 'token:' || token_id))
  WHERE status = 'OPEN';
CREATE VIEW open_order AS
  SELECT log_partition, coalesce(condition_id, 'token:' || token_id) AS place, order_id
    FROM orders WHERE status = 'OPEN';

-- An event by its id: the definition that names most of its questions stands for it. No DISTINCT
-- ON, through which a look-up by event would not pass: all events would be read for one.
CREATE VIEW market_facts_by_event AS
  SELECT d.neg_risk_market_id AS place, d.definition, d.definition_hash
    FROM market_definition d
   WHERE d.neg_risk_market_id IS NOT NULL
     AND NOT EXISTS (
           SELECT 1 FROM market_definition o
            WHERE o.neg_risk_market_id = d.neg_risk_market_id
              AND (o.questions > d.questions
                   OR (o.questions = d.questions AND o.condition_id < d.condition_id)));

CREATE INDEX outbox_redemption ON outbox (recorded_at)
  WHERE reason_code = 'GOV_REDEMPTION_UNMATCHED';

-- For people and tools: redemptions of what the account was not known to hold. With cash they are
-- on the log, where their cash is booked; for 0 they moved nothing.
CREATE VIEW redemption_unmatched AS
  SELECT o.recorded_at,
         i.payload::jsonb -> 'value' ->> 'account'                AS account,
         i.payload::jsonb -> 'value' ->> 'condition_id'           AS condition_id,
         (i.payload::jsonb -> 'value' ->> 'payout_pusd')::numeric AS payout_pusd,
         i.payload::jsonb -> 'value' ->> 'tx_hash'                AS tx_hash,
         o.record_type <> 'QuarantinedInput'                      AS on_the_log,
         i.source,
         i.source_position
    FROM outbox o JOIN inbox i ON i.partition = o.partition AND i.seq = o."offset"
   WHERE o.reason_code = 'GOV_REDEMPTION_UNMATCHED';
