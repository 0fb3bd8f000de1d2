-- Owner: fill-ingestor. Not breaking: new tables and indexes.
-- The chain as a source: how far it was read, what of it may still go, what it has resolved.

-- One row a chain. The epoch is the fence between readers: whoever takes the chain over bumps it,
-- and a reader moves its place only under its own. A reader that was not seen for a while is gone.
CREATE TABLE chain_position (
  source      text        PRIMARY KEY,  -- chain/<id>
  epoch       bigint      NOT NULL DEFAULT 0,
  worker_id   text        NOT NULL,
  seen_at     timestamptz NOT NULL,
  next_block  bigint      NOT NULL,  -- first block that is not taken in
  last_block  bigint,                -- the one before it, once there is one
  last_hash   text,                  -- its hash: should it change, the reader stops
  head        bigint,
  final_block bigint,                -- last block that counts as final
  halted      text,                  -- why the reader stands still, if it does
  contracts   text                   -- list of contracts by which it was read, in JSON
);

-- Up to which block (exclusive) each wallet was read, and what of the past of a wallet that was
-- declared later is still to be read: from next_block to until_block (exclusive).
CREATE TABLE chain_wallet (
  source      text   NOT NULL,
  account     text   NOT NULL,
  covered_to  bigint NOT NULL,
  is_declared bool   NOT NULL DEFAULT true,  -- to the reader of now; others are not read
  PRIMARY KEY (source, account)
);
CREATE TABLE chain_backlog (
  source      text   NOT NULL,
  account     text   NOT NULL,
  next_block  bigint NOT NULL,
  until_block bigint NOT NULL,
  PRIMARY KEY (source, account, until_block)
);

-- What was read of a wallet before the list of contracts had some that it has now: blocks from
-- next_block to until_block (exclusive) are read again, and held against what the list of then has
-- told. Of a wallet that is left out meanwhile they are read once it is declared again.
CREATE TABLE chain_contracts_backlog (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source      text   NOT NULL,
  account     text   NOT NULL,  -- empty: what belongs to no wallet, which is resolutions
  contracts   text   NOT NULL,  -- the list of then
  next_block  bigint NOT NULL,
  until_block bigint NOT NULL
);
CREATE INDEX chain_contracts_backlog_open ON chain_contracts_backlog (source, account)
  WHERE next_block < until_block;

-- Transactions of which something was set aside, until it is told after all. While such a one is
-- still to be read again, its wallet is told nothing new.
CREATE TABLE chain_aside (
  source       text   NOT NULL,
  place        text   NOT NULL,  -- of the input that was set aside
  account      text   NOT NULL,
  block_number bigint NOT NULL,
  PRIMARY KEY (source, place)
);
CREATE INDEX chain_aside_account ON chain_aside (source, account, block_number);

-- What of the past is still to be read, of wallets that are declared.
CREATE VIEW chain_past AS
  SELECT b.source, b.account, b.next_block, b.until_block
    FROM (SELECT source, account, next_block, until_block FROM chain_backlog UNION ALL
          SELECT source, account, next_block, until_block FROM chain_contracts_backlog) b
    LEFT JOIN chain_wallet w USING (source, account)
   WHERE b.next_block < b.until_block AND w.is_declared IS NOT FALSE;

-- Fills in blocks that may still go, of accounts whose source of record is the chain. A row stays
-- until its fill is final, or its height is final without it.
CREATE TABLE chain_provisional (
  source       text   NOT NULL,
  place        text   NOT NULL,  -- transaction and order
  account      text   NOT NULL,
  tx_hash      text   NOT NULL,
  block_number bigint NOT NULL,  -- where it was seen last
  block_hash   text   NOT NULL,
  fill         text   NOT NULL,  -- its log as it was read, in JSON
  PRIMARY KEY (source, place)
);

-- Every resolution that was seen. It goes on the log once its condition is known to the ledger:
-- defined, ordered, or held by a wallet.
CREATE TABLE chain_resolution (
  condition_id text   PRIMARY KEY,
  source       text   NOT NULL,
  numerators   text   NOT NULL,  -- JSON list of uint256 in decimal
  block_number bigint NOT NULL,
  block_hash   text   NOT NULL,
  block_time   bigint NOT NULL,  -- seconds since 1970
  tx_hash      text   NOT NULL,
  log_index    int    NOT NULL,
  told         bool   NOT NULL DEFAULT false
);
CREATE INDEX chain_resolution_untold ON chain_resolution (condition_id) WHERE NOT told;

-- The tokens of those conditions under each collateral: a wallet may be known by its token only.
CREATE TABLE chain_resolution_token (
  token_id     text PRIMARY KEY,
  condition_id text NOT NULL
);
CREATE INDEX chain_resolution_token_condition ON chain_resolution_token (condition_id);

-- Tokens that wallets of ours have traded, split, merged, redeemed or converted on the chain.
CREATE TABLE chain_token (
  token_id text PRIMARY KEY
);

-- Transfers of tokens that the ledger does not know. Anybody can make tokens at ConditionalTokens
-- and send them to anybody, so they are kept here and booked nowhere; once a token is known
-- (defined, ordered, held, traded), what is kept of it is told.
CREATE TABLE chain_foreign (
  source          text          NOT NULL,
  place           text          NOT NULL,  -- transaction, account, token, direction, other side
  account         text          NOT NULL,
  token_id        text          NOT NULL,
  direction       text          NOT NULL,  -- IN or OUT
  counterparty    text          NOT NULL,
  quantity_shares numeric(90,6) NOT NULL,  -- as sent: a uint256 or a sum of them
  tx_hash         text          NOT NULL,
  block_number    bigint        NOT NULL,
  input           text          NOT NULL,  -- what will be told, in JSON
  outcome         text,                    -- TOLD; EXPLAINED: part of something; null: kept
  PRIMARY KEY (source, place)
);
CREATE INDEX chain_foreign_kept ON chain_foreign (source, token_id) WHERE outcome IS NULL;
CREATE INDEX chain_foreign_transaction ON chain_foreign (tx_hash);
CREATE INDEX chain_foreign_account ON chain_foreign (account);

-- For people and tools: transfers that were not booked when they were read, and counts of those
-- that are kept, by account and token, and by account.
CREATE VIEW foreign_transfer AS
  SELECT 'GOV_TOKEN_FOREIGN' AS reason_code, account, token_id, direction, quantity_shares,
         counterparty, tx_hash, block_number, coalesce(outcome, 'KEPT') AS outcome, source
    FROM chain_foreign;
CREATE VIEW foreign_token AS
  SELECT 'GOV_TOKEN_FOREIGN' AS reason_code, account, token_id, count(*) AS transfers,
         sum(CASE direction WHEN 'IN' THEN quantity_shares ELSE -quantity_shares END) AS shares,
         min(block_number) AS first_block, max(block_number) AS last_block
    FROM chain_foreign WHERE outcome IS NULL GROUP BY account, token_id;
CREATE VIEW foreign_account AS
  SELECT 'GOV_TOKEN_FOREIGN' AS reason_code, account, count(DISTINCT token_id) AS tokens,
         count(*) AS transfers, max(block_number) AS last_block
    FROM chain_foreign WHERE outcome IS NULL GROUP BY account;

CREATE INDEX orders_condition ON orders (condition_id) WHERE condition_id IS NOT NULL;
CREATE INDEX orders_token ON orders (token_id) WHERE token_id IS NOT NULL;
CREATE INDEX held_tokens_token ON held_tokens (token_id);
CREATE INDEX held_tokens_place ON held_tokens (place);
