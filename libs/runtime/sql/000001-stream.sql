-- Owner: libs/runtime. Not breaking: the first version.
-- What the fenced partition tasks remember. Not a public interface: read the views of a service.

CREATE TABLE stream.partition (
  processor     text        NOT NULL,
  version       int         NOT NULL,
  topic         text        NOT NULL,
  partition     int         NOT NULL,
  epoch         bigint      NOT NULL DEFAULT 0,   -- the fence: bumped by each owner
  worker_id     text,
  acquired_at   timestamptz,
  next_offset   bigint      NOT NULL DEFAULT 0,   -- everything below is in the ledger
  last_offset   bigint,                           -- last record consumed ...
  last_hash     bytea,  -- ... and its SHA-256: is this still the same log?
  chain_hash    bytea       NOT NULL,             -- running SHA-256 over entries
  halted        text,                             -- why the partition stands still, if it does
  PRIMARY KEY (processor, version, topic, partition)
);

-- How far an output was published. Belongs to the output, never to a projection version.
CREATE TABLE stream.output (
  output        text   NOT NULL,
  topic         text   NOT NULL,
  partition     int    NOT NULL,
  state         text   NOT NULL DEFAULT 'starting' CHECK (state IN ('starting', 'started')),
  start_offset  bigint NOT NULL DEFAULT 0,
  published_to  bigint NOT NULL DEFAULT 0,        -- a hint that lags; the truth is in Kafka
  publisher_id  text,                             -- transactional id whom the next owner fences
  PRIMARY KEY (output, topic, partition)
);

CREATE TABLE stream.outcome (
  processor text   NOT NULL,
  version   int    NOT NULL,
  partition int    NOT NULL,
  outcome   text   NOT NULL,
  because   text   NOT NULL,
  count     bigint NOT NULL,
  PRIMARY KEY (processor, version, partition, outcome, because)
);

-- Records of the input that were not folded: duplicates excepted, each with its place and reason.
CREATE TABLE stream.refused (
  processor text   NOT NULL,
  version   int    NOT NULL,
  topic     text   NOT NULL,
  partition int    NOT NULL,
  "offset"  bigint NOT NULL,
  outcome   text   NOT NULL,
  because   text   NOT NULL,
  raw       bytea,
  PRIMARY KEY (processor, version, topic, partition, "offset")
);

CREATE TABLE stream.schema_archive (
  registry    text NOT NULL,
  id          int  NOT NULL,
  schema      text NOT NULL,
  archived_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (registry, id)
);

CREATE TABLE stream.active_version (
  processor text PRIMARY KEY,
  version   int  NOT NULL
);
