import { expect, test } from '@jest/globals';
import { kafkaEnvironment } from './stack-docker.ts';

test('a broker in a container has the settings of the one on this machine', () => {
  expect(kafkaEnvironment(7)).toMatchObject({
    KAFKA_ADVERTISED_LISTENERS: 'HOST://127.0.0.1:7,INTERNAL://localhost:19092',
    KAFKA_LOG_INDEX_SIZE_MAX_BYTES: '2097152',
    KAFKA_OFFSETS_RETENTION_MINUTES: '5256000',
    KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: '1000',
  });
});
