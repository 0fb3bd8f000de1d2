import { expect, test } from '@jest/globals';
import { externalServers, serverEnv, type Say } from '../stack/index.ts';
import { targetFromEnv } from './target.ts';

const local = serverEnv({ kafka: 1, controller: 2, registry: 3, postgres: 4 });
const silent: Say = () => undefined;

/** A local stack that is up, as resolveServers answers. */
const up = (env: NodeJS.ProcessEnv) => Promise.resolve({ ...local, ...externalServers(env) });

test('a variable that is blank leaves its server to the local stack', async () => {
  const env = { KAFKA_BROKERS: 'k:9092', SCHEMA_REGISTRY_URL: ' ', TOPIC_PREFIX: 'desk.' };
  expect(await targetFromEnv(env, silent, up)).toMatchObject({
    brokers: { brokers: ['k:9092'] },
    registryUrl: local.SCHEMA_REGISTRY_URL,
    prefix: 'desk.',
  });
});

test('what is done to the local stack is said', async () => {
  const said: string[] = [];
  await targetFromEnv(
    {},
    (sentence) => said.push(sentence),
    (env, options) => {
      options.say?.('Apache Kafka answers.');
      return up(env);
    },
  );
  expect(said).toEqual(['Apache Kafka answers.']);
});

test('a wrong setting is told before the local stack is started', async () => {
  const started = () => Promise.reject(new Error('started'));
  await expect(targetFromEnv({ MODE: 'bogus' }, silent, started)).rejects.toThrow(
    /^Expected MODE to be one of /,
  );
});

test('Kafka and the registry are enough, whatever is said of a database', async () => {
  const env = { KAFKA_BROKERS: 'k:9092', SCHEMA_REGISTRY_URL: 'http://r', DATABASE_URL: 'junk' };
  const target = await targetFromEnv(env, silent, () => Promise.reject(new Error('started')));
  expect(target).toMatchObject({ brokers: { brokers: ['k:9092'] }, registryUrl: 'http://r' });
});
