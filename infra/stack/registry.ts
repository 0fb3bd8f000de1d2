/**
 * The schema registry: Apicurio with its Confluent-compatible interface. Its storage is a database
 * of the stack's Postgres, so that schema ids survive a restart as the log on disk does.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Component, type Context } from './component.ts';
import { registryFiles } from './downloads.ts';
import { serverEnv } from './layout.ts';
import { versions } from './versions.ts';

const probeMs = 2000;

async function prepare(context: Context) {
  const files = await registryFiles(context.say);
  const jar = join(files, `apicurio-registry-app-${versions.registry}-runner.jar`);
  if (!existsSync(jar)) {
    throw new Error(`${jar} is missing: remove ${files}, then start the stack again.`);
  }
  const { ports } = context;
  return {
    command: 'java',
    args: [
      '-Xms128m',
      '-Xmx512m',
      '-XX:+UseSerialGC',
      // It serves a few hundred requests in its life: the quick compiler is enough.
      '-XX:TieredStopAtLevel=1',
      // A Postgres that was restarted must cost no request an error.
      '-Dquarkus.datasource.postgresql.jdbc.validate-on-borrow=true',
      '-jar',
      jar,
    ],
    env: {
      QUARKUS_HTTP_HOST: '127.0.0.1',
      QUARKUS_HTTP_PORT: String(ports.registry),
      QUARKUS_LOG_LEVEL: 'WARN',
      QUARKUS_HTTP_ACCESS_LOG_ENABLED: 'false',
      APICURIO_STORAGE_KIND: 'sql',
      APICURIO_STORAGE_SQL_KIND: 'postgresql',
      APICURIO_DATASOURCE_URL: `jdbc:postgresql://127.0.0.1:${ports.postgres}/registry`,
      APICURIO_DATASOURCE_USERNAME: 'polytraders',
      APICURIO_DATASOURCE_PASSWORD: 'polytraders',
      // It is one of many clients of a small server.
      APICURIO_DATASOURCE_JDBC_INITIAL_SIZE: '2',
      APICURIO_DATASOURCE_JDBC_MIN_SIZE: '2',
      APICURIO_DATASOURCE_JDBC_MAX_SIZE: '10',
    },
    cwd: context.dir,
  };
}

async function probe({ ports }: Context): Promise<void> {
  const url = `${serverEnv(ports).SCHEMA_REGISTRY_URL}/subjects`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(probeMs) });
  const body = await answer.text();
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${body.slice(0, 200)}`);
}

export const registry: Component = {
  name: 'registry',
  title: `Apicurio Registry ${versions.registry}`,
  stopSignal: 'SIGTERM',
  prepare,
  probe,
  settle: () => Promise.resolve(),
};
