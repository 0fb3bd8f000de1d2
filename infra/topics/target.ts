/** Which Kafka and registry a command about topics speaks to. */

import { configFromEnv } from '@polytraders/runtime';
import {
  expectSettings,
  externalServers,
  mainStackDir,
  resolveServers,
  type Say,
} from '../stack/index.ts';
import { type TopicsTarget } from './index.ts';

/** Topics need no database; the check of all settings wants one all the same. */
const noDatabase = { DATABASE_URL: 'postgres://unused' };

/** The servers that the environment names; the local stack, started where it is down, otherwise. */
export async function targetFromEnv(
  env: NodeJS.ProcessEnv,
  say: Say,
  resolve: typeof resolveServers = resolveServers,
): Promise<TopicsTarget> {
  expectSettings({ ...env, ...noDatabase });
  const named = externalServers(env);
  const isEnough = named.KAFKA_BROKERS !== undefined && named.SCHEMA_REGISTRY_URL !== undefined;
  const servers = isEnough ? named : await resolve(env, { dir: mainStackDir, say });
  const config = configFromEnv({ ...env, ...servers, ...noDatabase });
  return { brokers: config.kafka, registryUrl: config.registryUrl, prefix: config.topicPrefix };
}
