import { expect, test } from '@jest/globals';
import { serverProperties } from './kafka.ts';

test('a folder is written as Java reads it, whatever letters are in its name', () => {
  const context = {
    dir: '/home/jörg\\1/the desk/.local',
    ports: { kafka: 1, controller: 2, registry: 3, postgres: 4 },
    say: () => undefined,
  };
  expect(serverProperties(context)).toContain(
    'log.dirs=/home/j\\u00f6rg\\u005c1/the desk/.local/data/kafka\n',
  );
});
