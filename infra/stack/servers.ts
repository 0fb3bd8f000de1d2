/** Which servers a job uses: those that its environment names, else the local stack's. */

import { configFromEnv } from '@polytraders/runtime';
import { type Say, serverEnv, type ServerEnv } from './layout.ts';
import { startStack } from './stack.ts';

export const serverVariables = [
  'KAFKA_BROKERS',
  'SCHEMA_REGISTRY_URL',
  'DATABASE_URL',
] as const satisfies readonly (keyof ServerEnv)[];

/** The servers that the environment names. Blank counts as not named. */
export function externalServers(env: NodeJS.ProcessEnv, prefix = ''): Partial<ServerEnv> {
  const found: Partial<Record<keyof ServerEnv, string>> = {};
  for (const name of serverVariables) {
    const value = env[`${prefix}${name}`]?.trim();
    if (value !== undefined && value !== '') found[name] = value;
  }
  return found;
}

/**
 * Judges all settings of a job, with any address for the servers that it does not name: nobody
 * waits for servers to be told of a wrong word. Throws RuntimeError CONFIGURATION, one sentence.
 */
export function expectSettings(env: NodeJS.ProcessEnv): void {
  const anywhere = serverEnv({ kafka: 1, controller: 1, registry: 1, postgres: 1 });
  configFromEnv({ ...env, ...anywhere, ...externalServers(env) });
}

/**
 * All three servers of a job. The local stack in `dir` is started unless the environment names
 * all of them; `prefix` is `TEST_` for tests, which never take the main job's servers.
 */
export async function resolveServers(
  env: NodeJS.ProcessEnv,
  options: { readonly dir: string; readonly prefix?: string; readonly say?: Say },
): Promise<ServerEnv> {
  const external = externalServers(env, options.prefix);
  if (serverVariables.every((name) => external[name] !== undefined)) return external as ServerEnv;
  const local = await startStack({ dir: options.dir, ...(options.say && { say: options.say }) });
  return { ...local, ...external };
}
