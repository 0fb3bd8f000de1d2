-- Owner: libs/runtime. Not breaking: functions, and a table of what has expired.
-- Ledgers are append-only, for everybody (rule B15). The runtime calls keep_append_only for the
-- ledger of each processor that it installs, and admit_service where the service's role is not the
-- owner of the tables. Triggers are for UPDATE, DELETE and TRUNCATE alone: COPY runs none of them.
-- They are ENABLE ALWAYS: session_replication_role = replica, which silences the others, does not
-- silence them.

CREATE FUNCTION stream.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING
    ERRCODE = 'restrict_violation',
    MESSAGE = format('Expected %I.%I to be appended to alone, found %s: what a ledger says never '
      'changes. Put a correction on the log, which adds a line; a month that has expired goes by '
      'polytraders retention --drop.', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP);
END $$;

CREATE FUNCTION stream.is_append_only(ledger regclass) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM pg_trigger
                 WHERE tgrelid = ledger AND tgname = 'append_only_whole')
$$;

-- For a table that is there. Again it changes nothing, and asks for no lock.
CREATE FUNCTION stream.keep_append_only(ledger regclass) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE leaf regclass;
BEGIN
  IF NOT stream.is_append_only(ledger) THEN
    EXECUTE format('CREATE TRIGGER append_only_line BEFORE UPDATE OR DELETE ON %s '
      'FOR EACH ROW EXECUTE FUNCTION stream.refuse_change()', ledger);
    EXECUTE format('CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON %s '
      'FOR EACH STATEMENT EXECUTE FUNCTION stream.refuse_change()', ledger);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER append_only_line, '
      'ENABLE ALWAYS TRIGGER append_only_whole', ledger);
  END IF;
  -- Row triggers come to the months by themselves, those of statements do not.
  FOR leaf IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = ledger LOOP
    IF NOT stream.is_append_only(leaf) THEN
      EXECUTE format('CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON %s '
        'FOR EACH STATEMENT EXECUTE FUNCTION stream.refuse_change()', leaf);
      EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER append_only_line, '
        'ENABLE ALWAYS TRIGGER append_only_whole', leaf);
    END IF;
  END LOOP;
END $$;

-- A month of a ledger, made by the ledger's owner whoever asks: a service may write lines and has
-- no right to make tables. Made apart and attached, which a reader of the ledger (a backup) does
-- not keep waiting. Rights and triggers are those of the ledger.
-- It works with the owner's rights, so it takes a ledger of the owner alone, and a month of it
-- under that month's name: what is copied of a table of somebody else (a predicate of an index,
-- say) would run with these rights.
CREATE FUNCTION stream.make_month(ledger regclass, leaf name, first date, next date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  place name;
  proper name;
  made text;
  granted record;
BEGIN
  SELECT relnamespace::regnamespace::text, relname || to_char(first, '_YYYY_MM')
    INTO place, proper FROM pg_class
    WHERE oid = ledger AND relkind = 'p' AND relpersistence = 'p'
      AND pg_get_userbyid(relowner) = current_user;
  IF place IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
      MESSAGE = format('Expected a ledger that %s owns, divided by month, found %s.',
        current_user, ledger);
  END IF;
  IF leaf <> proper OR first <> date_trunc('month', first) OR next <> first + interval '1 month'
  THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
      MESSAGE = format('Expected one month of %s under its name, %s, found %s from %s to %s.',
        ledger, proper, leaf, first, next);
  END IF;
  PERFORM pg_advisory_xact_lock(7216002);
  made := format('%s.%I', place, leaf);
  IF to_regclass(made) IS NOT NULL THEN RETURN; END IF;
  EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING ALL)', made, ledger);
  EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)',
    ledger, made, first, next);
  IF stream.is_append_only(ledger) THEN PERFORM stream.keep_append_only(ledger); END IF;
  FOR granted IN
    SELECT pg_get_userbyid(a.grantee) AS role, a.privilege_type AS privilege
    FROM pg_class c, aclexplode(c.relacl) a
    WHERE c.oid = ledger AND a.grantee NOT IN (0, c.relowner)
  LOOP
    EXECUTE format('GRANT %s ON %s TO %I', granted.privilege, made, granted.role);
  END LOOP;
END $$;

-- What a service may do with the tables of one schema: read and append to ledgers, and write state.
-- Called by the owner after each installation; tables that came since are granted then. An owner
-- that is named as the service, too, keeps its rights.
CREATE FUNCTION stream.admit_service(place name, service name) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found record;
  rights text;
BEGIN
  IF service = current_user THEN RETURN; END IF;
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', place, service);
  FOR found IN
    SELECT c.oid::regclass AS name, c.relkind AS kind FROM pg_class c
    WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = place)
      AND c.relkind IN ('r', 'p', 'v', 'S')
  LOOP
    rights := CASE
      WHEN found.kind = 'v' THEN 'SELECT'
      WHEN found.kind = 'S' THEN 'USAGE, SELECT, UPDATE'
      WHEN place = 'stream' AND found.name::text IN ('stream.migration', 'stream.expired_month')
        THEN 'SELECT'
      WHEN stream.is_append_only(found.name) THEN 'SELECT, INSERT'
      ELSE 'SELECT, INSERT, UPDATE, DELETE'
    END;
    EXECUTE format('REVOKE ALL ON %s FROM %I', found.name, service);
    EXECUTE format('GRANT %s ON %s TO %I', rights, found.name, service);
  END LOOP;
  EXECUTE format('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA stream TO %I', service);
  EXECUTE format('REVOKE EXECUTE ON FUNCTION stream.drop_month(regclass, regclass, date, bigint, '
    'text, text, text) FROM %I', service);
END $$;

-- Written every few seconds by each service, so that one that cannot write Postgres says so
-- although nothing comes in (rule B21).
CREATE TABLE stream.heartbeat (
  processor text        NOT NULL,
  version   int         NOT NULL,
  seen_at   timestamptz NOT NULL,
  PRIMARY KEY (processor, version)
) WITH (fillfactor = 50);

-- Months that are no longer there: where their lines are proven, and who let them go. verify starts
-- from these roots.
CREATE TABLE stream.expired_month (
  ledger          text        NOT NULL,
  month           date        NOT NULL,
  lines           bigint      NOT NULL,
  root            text        NOT NULL,   -- SHA-256 over its lines, hexadecimal
  certificate     text        NOT NULL,   -- id of the signed certificate that has this root
  dropped_by      text        NOT NULL,
  dropped_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (ledger, month)
);

-- Drops one month. What must be so before is judged by who calls it (polytraders retention); that
-- no line has come since then is seen here, where none can come any more.
CREATE FUNCTION stream.drop_month(ledger regclass, leaf regclass, month date, lines bigint,
  root text, certificate text, dropped_by text) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE found bigint;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_inherits WHERE inhparent = ledger AND inhrelid = leaf) THEN
    RAISE EXCEPTION USING ERRCODE = 'undefined_table',
      MESSAGE = format('Expected %s to be a month of %s, found none.', leaf, ledger);
  END IF;
  EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', ledger);
  EXECUTE format('SELECT count(*) FROM %s', leaf) INTO found;
  IF found <> lines THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
      MESSAGE = format('Expected the %s lines of %s that were proven, found %s: one has come '
        'since. Look again.', lines, leaf, found);
  END IF;
  INSERT INTO stream.expired_month (ledger, month, lines, root, certificate, dropped_by)
    VALUES (ledger::text, month, lines, root, certificate, dropped_by);
  EXECUTE format('DROP TABLE %s', leaf);
END $$;

REVOKE ALL ON FUNCTION stream.make_month(regclass, name, date, date) FROM PUBLIC;
REVOKE ALL ON FUNCTION stream.drop_month(regclass, regclass, date, bigint, text, text, text)
  FROM PUBLIC;
SELECT stream.keep_append_only('stream.expired_month');
