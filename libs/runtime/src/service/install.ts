/**
 * What must stand in Postgres before a service starts: the tables of the runtime and of the
 * processor, its ledger append-only, and the rights of the service's role where that is not the
 * owner (rule B15).
 */

import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { type Processor } from '@polytraders/stream';
import { RuntimeError } from '../errors.ts';
import { notActive } from '../partition/acquire.ts';
import { connect, databaseError } from '../postgres/database.ts';
import { migrate } from '../postgres/migrate.ts';
import { type ServiceConfig } from './config.ts';

const runtimeSql = fileURLToPath(new URL('../../sql/', import.meta.url));
const RIGHTS_MISSING = '42501';

export type Installed = {
  readonly config: Pick<ServiceConfig, 'databaseUrl' | 'databaseOwnerUrl'>;
  readonly applicationName: string;
  readonly version: number;
  readonly publishes: boolean;
};

/**
 * Installs over the owner's connection where one is set, else over the service's own. Throws
 * VERSION_NOT_ACTIVE where it would publish beside the active version, and CONFIGURATION where the
 * role may not install.
 */
export async function installSchemas<Event, Entity, Entry extends object>(
  processor: Processor<Event, Entity, Entry>,
  { config, applicationName, version, publishes }: Installed,
): Promise<void> {
  const { databaseUrl, databaseOwnerUrl } = config;
  const client = await connect({ url: databaseOwnerUrl ?? databaseUrl, applicationName });
  try {
    const schema = processor.storage.schema(version);
    await installTables(client, processor, schema);
    if (databaseOwnerUrl !== null) {
      const service = await roleOf(databaseUrl, applicationName);
      await admit(client, service, schema);
    }
    const active = await activeVersion(client, processor.id, version);
    // Nothing is started that would publish beside the active version.
    if (publishes && active !== version) throw notActive(processor.id, version, active);
  } finally {
    await client.end();
  }
}

async function installTables<Event, Entity, Entry extends object>(
  client: pg.Client,
  processor: Processor<Event, Entity, Entry>,
  schema: string,
): Promise<void> {
  try {
    await migrate(client, 'stream', runtimeSql);
    await migrate(client, schema, processor.storage.migrations);
    await client.query('SELECT stream.keep_append_only($1::text::regclass)', [
      `"${schema}"."${processor.storage.ledger.name}"`,
    ]);
  } catch (cause) {
    if (stateOf(cause) !== RIGHTS_MISSING) throw databaseError(cause);
    throw new RuntimeError(
      'CONFIGURATION',
      `Expected DATABASE_URL to name the owner of the tables of ${processor.id}, found a role ` +
        `that may not install them (${(cause as Error).message}): name the owner in ` +
        'DATABASE_OWNER_URL, which is used for installing alone.',
      { retryable: false, cause },
    );
  }
}

/** The rights of the service's role: lines of ledgers it reads and appends, and nothing else. */
async function admit(client: pg.Client, service: string, schema: string): Promise<void> {
  try {
    // Two services that start together would grant on the tables of `stream` at the same moment.
    await client.query('BEGIN; SELECT pg_advisory_xact_lock(7216005)');
    for (const place of ['stream', schema]) {
      await client.query('SELECT stream.admit_service($1::text::name, $2::text::name)', [
        place,
        service,
      ]);
    }
    await client.query('COMMIT');
  } catch (cause) {
    throw databaseError(cause);
  }
}

async function roleOf(url: string, applicationName: string): Promise<string> {
  const client = await connect({ url, applicationName });
  try {
    const answer = await client.query<{ role: string }>('SELECT current_user AS role');
    return answer.rows[0]?.role ?? '';
  } finally {
    await client.end();
  }
}

async function activeVersion(client: pg.Client, id: string, version: number): Promise<number> {
  await client.query(
    'INSERT INTO stream.active_version (processor, version) VALUES ($1, $2) ON CONFLICT DO ' +
      'NOTHING',
    [id, version],
  );
  const answer = await client.query<{ version: string }>(
    'SELECT version FROM stream.active_version WHERE processor = $1',
    [id],
  );
  return Number(answer.rows[0]?.version ?? version);
}

/** The SQLSTATE of what Postgres refused, also where a migration names itself around it. */
function stateOf(cause: unknown): string | undefined {
  const { code, cause: inner } = cause as { readonly code?: string; readonly cause?: unknown };
  if (code !== undefined && /^[0-9A-Z]{5}$/.test(code)) return code;
  return inner === undefined || inner === null ? undefined : stateOf(inner);
}
