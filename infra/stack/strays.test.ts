import { describe, expect, test } from '@jest/globals';
import { isWithin, serverOf } from './strays.ts';

const jar = '/home/ann/ledger/.local/cache/apicurio-registry-app-3.0.9-runner.jar';

describe('a server is known by what started it', () => {
  test.each([
    ['a Kafka', ['java', '-cp', '/c/*', 'kafka.Kafka', '/s/server.properties', ''], 'kafka'],
    ['a registry', ['java', '-Xmx512m', '-jar', jar, ''], 'registry'],
    ['a Postgres', ['/n/native/bin/postgres', '-D', '/s/data/postgres', ''], 'postgres'],
    ['a child of Postgres', ['postgres: checkpointer ', ''], null],
    ['an editor', ['vi', '/s/server.properties', ''], null],
  ] as const)('%s', (_what, words, name) => {
    expect(serverOf(words)).toBe(name);
  });
});

test('a checkout whose path goes on where ours ends is another', () => {
  const ours = '/home/ann/ledger';
  expect(isWithin(ours, '/home/ann/ledger/.local')).toBe(true);
  expect(isWithin(ours, '/home/ann/ledger2/.local')).toBe(false);
});
