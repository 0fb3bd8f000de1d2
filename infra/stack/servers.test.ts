import { describe, expect, test } from '@jest/globals';
import { externalServers, resolveServers } from './servers.ts';

const all = {
  KAFKA_BROKERS: 'k:9092',
  SCHEMA_REGISTRY_URL: 'http://r:8081',
  DATABASE_URL: 'postgres://d/x',
};

describe('servers that the environment names', () => {
  test('are used instead of the local stack, which is not started', async () => {
    expect(await resolveServers(all, { dir: '/nonexistent/never-made' })).toEqual(all);
  });

  test('count only where they are not blank', () => {
    expect(externalServers({ ...all, KAFKA_BROKERS: ' ' })).toEqual({
      SCHEMA_REGISTRY_URL: all.SCHEMA_REGISTRY_URL,
      DATABASE_URL: all.DATABASE_URL,
    });
  });

  test('of the main job are never those of the tests', () => {
    expect(externalServers(all, 'TEST_')).toEqual({});
    expect(externalServers({ TEST_KAFKA_BROKERS: 'dirty:1' }, 'TEST_')).toEqual({
      KAFKA_BROKERS: 'dirty:1',
    });
  });
});
