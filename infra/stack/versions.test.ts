import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './layout.ts';
import { versions } from './versions.ts';

const read = (path: string): string => readFileSync(join(repositoryRoot, path), 'utf8');

test('containers have the versions of the local stack', () => {
  const images = [...read('docker-compose.kafka.yml').matchAll(/image: (\S+)/g)].map(([, i]) => i);
  expect(images).toContain(`apache/kafka:${versions.kafka}`);
  expect(images).toContain(`apicurio/apicurio-registry:${versions.registry}`);
  expect(images).toContain(`postgres:${versions.postgresMajor}`);
});

test("npm's Postgres is of the same major version on every platform", () => {
  const manifest = JSON.parse(read('infra/package.json')) as {
    optionalDependencies: Record<string, string>;
  };
  const pinned = Object.values(manifest.optionalDependencies);
  expect(new Set(pinned).size).toBe(1);
  expect(pinned[0]).toMatch(new RegExp(`^${versions.postgresMajor}\\.`));
});

test('the container image runs the Node that the project pins', () => {
  const { devDependencies } = JSON.parse(read('package.json')) as {
    devDependencies: Record<string, string>;
  };
  expect(read('infra/container/Dockerfile')).toContain(`node:${devDependencies['node']}-`);
});

test('the container image installs from the manifest of every package', () => {
  const lock = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { link?: boolean; resolved?: string }>;
  };
  const linked = Object.values(lock.packages).filter(({ link }) => link === true);
  const dockerfile = read('infra/container/Dockerfile');
  expect(linked.length).toBeGreaterThan(5);
  for (const { resolved } of linked) expect(dockerfile).toContain(`COPY ${resolved}/package.json`);
});
