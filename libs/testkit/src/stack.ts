/**
 * Real servers for tests: never a mock broker for a claim about exactly-once. Three ways to them,
 * in this order: servers that `TEST_KAFKA_BROKERS`, `TEST_SCHEMA_REGISTRY_URL` and
 * `TEST_DATABASE_URL` name and that may be dirtied; containers, where a Docker engine answers; the
 * local stack under `.local/test`. All suites share them, so each suite takes a database and a
 * topic prefix of its own. The main job's servers are never used.
 */

import { join } from 'node:path';
import {
  component,
  externalServers,
  repositoryRoot,
  serverVariables,
  startStack,
  stopStack,
  testStackDir,
  type ComponentHandle,
  type ComponentName,
  type Say,
  type ServerEnv,
} from '@polytraders/infra/stack';
import { dockerAnswers, dockerStack } from './stack-docker.ts';

let found: Promise<ServerEnv> | undefined;

async function findStack(say?: Say): Promise<ServerEnv> {
  // Jest's global setup has found it already and hands it to the workers.
  const known = process.env['POLYTRADERS_TEST_STACK'];
  if (known !== undefined) return JSON.parse(known) as ServerEnv;
  const external = externalServers(process.env, 'TEST_');
  const given = serverVariables.filter((name) => external[name] !== undefined);
  if (given.length === serverVariables.length) return external as ServerEnv;
  if (given.length > 0) {
    throw new Error(
      `Expected all of TEST_KAFKA_BROKERS, TEST_SCHEMA_REGISTRY_URL and TEST_DATABASE_URL or ` +
        `none, found only TEST_${given.join(' and TEST_')}: set the others too, or unset these.`,
    );
  }
  if (dockerAnswers()) {
    try {
      return await dockerStack(say);
    } catch (error) {
      say?.(
        `Docker did not bring the servers up (${(error as Error).message}): the tests take the ` +
          'local stack. POLYTRADERS_NO_DOCKER=1 does not try.',
      );
    }
  }
  return startStack({ dir: testStackDir, ...(say && { say }) });
}

/** The servers of this test run, started if they are not up. The first call decides. */
export function testStack(say?: Say): Promise<ServerEnv> {
  found ??= findStack(say);
  return found;
}

export type OwnStack = {
  readonly env: ServerEnv;
  /** One of its servers, to be killed, frozen, stopped and started. */
  readonly component: (name: ComponentName) => ComponentHandle;
  /** Stops all of it; its data stays for the next run. */
  readonly stop: () => Promise<void>;
};

/** A stack that other suites do not see, for tests that take servers away. Who asks, stops it. */
export async function ownStack(name: string, say?: Say): Promise<OwnStack> {
  const dir = join(repositoryRoot, '.local', name);
  const env = await startStack({ dir, ...(say && { say }) });
  return {
    env,
    component: (which) => component(dir, which),
    stop: async () => {
      await stopStack({ dir });
    },
  };
}
