import { expect, test } from '@jest/globals';
import { testStack } from '@polytraders/testkit';
import { examineServers } from './servers.ts';

test('a broker is asked as the services ask it: one without TLS does not do for TLS', async () => {
  const { KAFKA_BROKERS } = await testStack();
  const stateWith = async (env: NodeJS.ProcessEnv) => {
    const findings = await examineServers({ KAFKA_BROKERS, ...env });
    return findings.filter(({ what }) => what === 'KAFKA_BROKERS').map(({ state }) => state);
  };
  expect(await stateWith({})).toEqual(['well']);
  expect(await stateWith({ KAFKA_SSL: 'yes' })).toEqual(['ill']);
}, 60_000);
