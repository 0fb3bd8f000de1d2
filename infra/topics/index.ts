/** Topics and schemas as the catalogue and the releases say: compare, and make it so. */

import { allTopics, type Topic } from '@polytraders/contracts';
import { type KafkaSettings } from '@polytraders/runtime';

import { applyDrift, topicDrift, type TopicDrift, withAdmin } from './admin.ts';
import { registerSchemas, schemaDrift, type SchemaDrift } from './registry.ts';

export { type TopicDrift } from './admin.ts';
export { type SchemaDrift } from './registry.ts';

/** Where to look. `topics` narrows the catalogue down, for suites that need few. */
export type TopicsTarget = {
  /** `host:port,host:port`, or settings with credentials. */
  readonly brokers: string | KafkaSettings;
  readonly registryUrl: string;
  readonly prefix: string;
  readonly topics?: readonly Topic[];
};

export type Drift = {
  readonly topics: readonly TopicDrift[];
  readonly schemas: readonly SchemaDrift[];
};

/** What differs from catalogue and releases. Changes nothing. */
export async function findDrift(target: TopicsTarget): Promise<Drift> {
  const topics = await withAdmin(connectionOf(target), (admin) =>
    topicDrift(admin, target.topics ?? allTopics(), target.prefix),
  );
  return { topics, schemas: await schemaDrift(target.registryUrl) };
}

/**
 * Creates missing topics, sets settings that differ, registers released schemas. Answers what it
 * found before; what `mendable` denies (a partition count) is still so afterwards. Safe to repeat.
 * Throws RuntimeError KAFKA_OUTAGE, KAFKA_FAULT or REGISTRY_OUTAGE, and ContractError SCHEMA when
 * the registry holds something under a subject of ours that does not go with it.
 */
export async function applyTopics(target: TopicsTarget): Promise<Drift> {
  const catalogue = target.topics ?? allTopics();
  const topics = await withAdmin(connectionOf(target), async (admin) => {
    const drift = await topicDrift(admin, catalogue, target.prefix);
    await applyDrift(admin, catalogue, target.prefix, drift);
    return drift;
  });
  const schemas = await schemaDrift(target.registryUrl);
  if (schemas.length > 0) await registerSchemas(target.registryUrl);
  return { topics, schemas };
}

function connectionOf({ brokers }: TopicsTarget): KafkaSettings {
  if (typeof brokers !== 'string') return brokers;
  return { brokers: brokers.split(',').map((one) => one.trim()), sasl: null, ssl: null };
}
