-- Owner: fill-ingestor. Not breaking: new tables and indexes.
-- Report windows: which are closed, whose balances were observed; and decisions about fills and
-- reports.

-- The setting report_window of pnl-projector as it was told. The first row is also when the ledger
-- first ran.
CREATE TABLE window_kind (
  told_at timestamptz PRIMARY KEY,
  kind    text        NOT NULL  -- daily, weekly
);

-- UTC days that confirmed fills of a partition fall into, and when the last one of a day came in,
-- to five seconds.
CREATE TABLE fill_day (
  log_partition text        NOT NULL,
  day           text        NOT NULL,  -- 2026-05-08
  last_at       timestamptz NOT NULL,
  PRIMARY KEY (log_partition, day)
);
CREATE INDEX fill_day_day ON fill_day (day);

-- What was traded after a window's end may have been held at it. Fills come in order of time, so
-- this is a few bytes a thousand of them.
CREATE INDEX fill_identity_confirmed ON fill_identity USING brin (confirmed_at)
  WITH (pages_per_range = 32);

-- The same of what moved without a trade, and of opening balances.
CREATE TABLE moved_day (
  log_partition text        NOT NULL,
  day           text        NOT NULL,
  last_at       timestamptz NOT NULL,
  PRIMARY KEY (log_partition, day)
);

-- Windows that are closed: WindowClosed of each stands in every partition. The columns from
-- attempts on are of its balances.
CREATE TABLE report_window (
  window_id    text        PRIMARY KEY,
  kind         text        NOT NULL,
  window_start timestamptz NOT NULL,
  window_end   timestamptz NOT NULL,
  backfilled   bool        NOT NULL,
  closed_at    timestamptz NOT NULL,
  attempts     int         NOT NULL DEFAULT 0,  -- WindowBalancesComplete records so far
  tries        int         NOT NULL DEFAULT 0,  -- failed ones in a row
  try_at       timestamptz,                     -- when to ask next; null once all have answered
  told_at      timestamptz,                     -- of the last of these records
  block_number bigint,                          -- last block before the window's end
  block_hash   text,
  block_time   timestamptz,
  last_error   text,
  place_tries  int         NOT NULL DEFAULT 0,  -- looks in a row that left transactions unknown
  place_at     timestamptz                      -- when to look for their receipts again
);
CREATE INDEX report_window_end ON report_window (window_end) WHERE NOT backfilled;
CREATE INDEX report_window_place ON report_window (place_at) WHERE place_at IS NOT NULL;
CREATE INDEX report_window_try ON report_window (try_at) WHERE try_at IS NOT NULL;

-- Accounts that were asked for a window; an error stands until they have answered.
CREATE TABLE window_account (
  window_id text NOT NULL,
  account   text NOT NULL,
  error     text,
  tokens    int  NOT NULL,  -- tokens that were asked for
  PRIMARY KEY (window_id, account)
);

-- Transactions that stand on the log without a block, once their receipts were asked for: PLACED in
-- a block up to that of the window; LATER, in one above it; UNKNOWN, the node has no receipt; or
-- REVERTED, so that nothing has moved. LATER is asked for again at the end of a later window,
-- UNKNOWN by the window that asked first. told: the block is on the log.
CREATE TABLE transaction_place (
  account      text   NOT NULL,
  tx_hash      text   NOT NULL,
  window_id    text   NOT NULL,  -- that asked for it last
  outcome      text   NOT NULL,
  block_number bigint,           -- as the receipt said it; null without one
  tries        int    NOT NULL,  -- looks for a receipt in a row that found none
  told         bool   NOT NULL DEFAULT false,
  PRIMARY KEY (account, tx_hash)
);
CREATE INDEX transaction_place_open ON transaction_place (account, tx_hash)
  WHERE NOT told AND outcome <> 'REVERTED';

-- For people and tools: transactions whose fills and movements are settled at no block.
CREATE VIEW transaction_unplaced AS
  SELECT account, tx_hash, outcome, block_number, tries, window_id
    FROM transaction_place WHERE outcome <> 'PLACED';

-- Accounts whose books have begun are found by them.
CREATE INDEX movement_account ON movement (account);

-- Fills that a reviewed command has released or reversed.
CREATE TABLE fill_review (
  fill_id       text PRIMARY KEY,
  log_partition text NOT NULL,
  status        text NOT NULL,  -- RELEASED, REVERSED
  event_id      text NOT NULL
);

-- Approvals that stand on the log, in each partition.
CREATE TABLE report_release (
  log_partition text NOT NULL,
  command_id    text NOT NULL,
  content_hash  text NOT NULL,
  event_id      text NOT NULL,
  PRIMARY KEY (log_partition, command_id)
);
