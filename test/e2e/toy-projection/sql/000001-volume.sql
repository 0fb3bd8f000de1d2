-- Owner: the toy projection of test/e2e. Not breaking: the first version.

CREATE TABLE volume_ledger (
  partition    int         NOT NULL,
  "offset"     bigint      NOT NULL,
  line         smallint    NOT NULL,
  id_hash      bigint,
  content_hash bigint,
  fill_id      text        NOT NULL,
  token_id     text        NOT NULL,
  size_pusd    numeric(38,6) NOT NULL,
  PRIMARY KEY (partition, "offset", line)
);

-- Keyed by account first: an account lives in one partition, so no two partitions meet in a row.
CREATE TABLE account_volume (
  account      text          NOT NULL,
  token_id     text          NOT NULL,
  fills        bigint        NOT NULL,
  volume_pusd  numeric(38,6) NOT NULL,
  PRIMARY KEY (account, token_id)
) WITH (fillfactor = 70);

-- What was asked for; a sum over partitions is a view, never a row.
CREATE VIEW token_volume AS
  SELECT token_id, sum(fills)::bigint AS fills, sum(volume_pusd) AS volume_pusd
  FROM account_volume GROUP BY token_id;
