import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { allTopics, physicalTopic, TOPICS } from '@polytraders/contracts';
import { applyTopics, findDrift } from '@polytraders/infra/topics';
import { testStack, uniquePrefix } from '@polytraders/testkit';
import { type RuntimeError } from '../errors.ts';
import { configFromEnv } from '../service/config.ts';
import { kafkaConfig } from '../service/servers.ts';
import { connectKafka } from './connect.ts';
import { type KafkaPort } from './port.ts';
import { collect, eventually, record, untilLast } from './port.fixture.ts';
import { startSecuredBroker, type SecuredBroker } from './secured-broker.fixture.ts';

describe('a broker that asks for TLS and a password', () => {
  let broker: SecuredBroker;
  let env: Readonly<Record<string, string>>;

  beforeAll(async () => {
    broker = await startSecuredBroker();
    env = {
      ...(await testStack()),
      KAFKA_BROKERS: broker.brokers,
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_SASL_USERNAME: broker.username,
      KAFKA_SASL_PASSWORD: broker.password,
      KAFKA_SSL: 'yes',
      KAFKA_SSL_CA_FILE: broker.caFile,
    };
  }, 180_000);
  afterAll(async () => {
    await broker.stop();
  }, 60_000);

  /** As a service does it: from the environment, with nothing added. */
  function connectAs(
    change: Readonly<Record<string, string | undefined>> = {},
  ): Promise<KafkaPort> {
    const { kafka } = configFromEnv({ ...env, ...change });
    return connectKafka({ ...kafkaConfig(kafka), clientId: 'secured-test' });
  }

  async function refusalOf(
    change: Readonly<Record<string, string | undefined>>,
  ): Promise<RuntimeError> {
    try {
      await (await connectAs(change)).close();
    } catch (error) {
      return error as RuntimeError;
    }
    throw new Error(`The broker let ${JSON.stringify(change)} in.`);
  }

  test('lets in who has the settings of the environment: topics, transactions, reads', async () => {
    const prefix = uniquePrefix();
    const topics = allTopics().filter(({ name }) => name === TOPICS.alerts.name);
    const { kafka: brokers, registryUrl } = configFromEnv(env);
    await applyTopics({ brokers, registryUrl, prefix, topics });
    expect((await findDrift({ brokers, registryUrl, prefix, topics })).topics).toEqual([]);
    const topic = physicalTopic(prefix, TOPICS.alerts.name);
    const kafka = await connectAs();
    try {
      const producer = await kafka.transactionalProducer(`${topic}-tx`);
      await producer.transact([record(topic, 'sealed')]);
      await untilLast(kafka, topic, 'sealed');
      const { reader, values } = collect(kafka);
      reader.assign({ topic, partition: 0 }, 0);
      await eventually('the record is read', () => values().length > 0);
      expect(values()).toEqual(['sealed']);
      await reader.close();
      await producer.close();
    } finally {
      await kafka.close();
    }
  }, 60_000);

  test('names a wrong password, and waiting would not help', async () => {
    const error = await refusalOf({ KAFKA_SASL_PASSWORD: 'guessed' });
    expect(error).toMatchObject({ code: 'KAFKA_FAULT', retryable: false });
    expect(error.message).toContain(`Kafka at ${broker.brokers} refused the credentials`);
    expect(error.message).toContain('Check mechanism, user and password.');
  });

  test('is named with its refusal by the command that makes topics, too', async () => {
    const { kafka, registryUrl } = configFromEnv({ ...env, KAFKA_SASL_PASSWORD: 'guessed' });
    const target = { brokers: kafka, registryUrl, prefix: uniquePrefix(), topics: [] };
    await expect(findDrift(target)).rejects.toThrow(/none let us in: .*[Aa]uthentication/);
  }, 60_000);

  test('names an unknown user and a mechanism that it does not take in the same way', async () => {
    const changes = [{ KAFKA_SASL_USERNAME: 'stranger' }, { KAFKA_SASL_MECHANISM: 'plain' }];
    for (const change of changes) {
      const error = await refusalOf(change);
      expect(error).toMatchObject({ code: 'KAFKA_FAULT', retryable: false });
      expect(error.message).toContain('refused the credentials');
    }
  });

  test('shows a certificate that nobody vouches for: the setting that would is named', async () => {
    const file = `${broker.caFile}.other`;
    await writeFile(file, 'not a certificate\n');
    for (const authority of [undefined, file]) {
      const error = await refusalOf({ KAFKA_SSL_CA_FILE: authority });
      expect(error).toMatchObject({ name: 'RuntimeError', code: 'KAFKA_OUTAGE' });
      expect(error.message).toContain(`Kafka at ${broker.brokers} shows a certificate`);
      expect(error.message).toContain('self-signed certificate');
      expect(error.message).toContain('KAFKA_SSL_CA_FILE');
    }
  });

  test('spoken to in the clear is an outage at once, not a hang', async () => {
    const error = await refusalOf({ KAFKA_SSL: 'no', KAFKA_SSL_CA_FILE: undefined });
    expect(error).toMatchObject({ name: 'RuntimeError', code: 'KAFKA_OUTAGE' });
  }, 60_000);
});
