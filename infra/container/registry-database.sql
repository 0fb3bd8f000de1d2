-- Run once by the Postgres image on an empty data folder: the registry's schemas live beside the
-- ledger, so that schema ids survive a restart as the log does.
CREATE DATABASE registry;
