/** Where things lie: the checkout, its cache of downloads, and the folder of one stack. */

import { join, resolve } from 'node:path';

export const repositoryRoot = resolve(import.meta.dirname, '../..');
export const cacheDir = join(repositoryRoot, '.local/cache');

/** The stack of the main job. */
export const mainStackDir = join(repositoryRoot, '.local');
/** The stack of the tests: they may dirty it as they like. */
export const testStackDir = join(repositoryRoot, '.local/test');

export type ComponentName = 'kafka' | 'postgres' | 'registry';
export const componentNames: readonly ComponentName[] = ['postgres', 'kafka', 'registry'];

/** Says what is going on, one plain sentence at a time. */
export type Say = (sentence: string) => void;

/** How a client reaches the three servers. The names are those of the environment variables. */
export type ServerEnv = {
  readonly KAFKA_BROKERS: string;
  readonly SCHEMA_REGISTRY_URL: string;
  readonly DATABASE_URL: string;
};

export type Ports = {
  readonly kafka: number;
  readonly controller: number;
  readonly registry: number;
  readonly postgres: number;
};

/** The files of one stack under its folder. */
export function layoutOf(dir: string) {
  return {
    dir,
    env: join(dir, 'stack.env'),
    ports: join(dir, 'ports.json'),
    lock: join(dir, 'stack.lock'),
    log: (name: ComponentName) => join(dir, 'logs', `${name}.log`),
    pid: (name: ComponentName) => join(dir, 'run', `${name}.json`),
    data: (name: ComponentName) => join(dir, 'data', name),
  };
}

export function serverEnv(ports: Ports): ServerEnv {
  return {
    KAFKA_BROKERS: `127.0.0.1:${ports.kafka}`,
    SCHEMA_REGISTRY_URL: `http://127.0.0.1:${ports.registry}/apis/ccompat/v7`,
    DATABASE_URL: `postgres://polytraders@127.0.0.1:${ports.postgres}/polytraders`,
  };
}
