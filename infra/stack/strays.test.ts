import { describe, expect, test } from '@jest/globals';
import { isWithin, serverOf, type Server } from './strays.ts';

const root = '/home/ann/ledger';
const java = ['java', '-Xmx768m', '-cp', `${root}/.local/cache/kafka/*`];
const jar = `${root}/.local/cache/registry/apicurio-registry-app-3.0.9-runner.jar`;

const kafkaIn = (dir: string) => [...java, 'kafka.Kafka', `${dir}/server.properties`, ''];
const postgresIn = (dir: string) => [`${root}/native/bin/postgres`, '-D', `${dir}/data/postgres`];

describe('a server is known by what started it', () => {
  test.each([
    ['a Kafka', kafkaIn(`${root}/.local`), { name: 'kafka', folder: `${root}/.local` }],
    ['a registry', ['java', '-jar', jar, ''], { name: 'registry', folder: '/work' }],
    ['a Postgres', postgresIn('/d'), { name: 'postgres', folder: '/d/data/postgres' }],
    ['a child of Postgres', ['postgres: checkpointer ', ''], null],
    ['an editor', ['vi', `${root}/.local/server.properties`], null],
  ] as const)('%s', (_what, words, server) => {
    expect(serverOf(words, '/work')).toEqual(server);
  });

  test('a checkout whose path goes on where ours ends is not ours', () => {
    const within = [`${root}/.local`, `${root}2/.local`, '/tmp'].map((dir) => [
      isWithin(root, serverOf(kafkaIn(dir), dir) as Server),
      isWithin(root, serverOf(postgresIn(dir), dir) as Server),
      isWithin(root, serverOf(['java', '-jar', jar], dir) as Server),
    ]);
    expect(within).toEqual([
      [true, true, true],
      [false, false, false],
      [false, false, false],
    ]);
  });
});
