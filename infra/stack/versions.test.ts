import { expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './layout.ts';
import { parse } from 'yaml';
import { versions } from './versions.ts';

type Manifest = {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};

const read = (path: string): string => readFileSync(join(repositoryRoot, path), 'utf8');

test('containers have the versions of the local stack', () => {
  const images = [...read('docker-compose.kafka.yml').matchAll(/image: (\S+)/g)].map(([, i]) => i);
  expect(images).toContain(`apache/kafka:${versions.kafka}`);
  expect(images).toContain(`apicurio/apicurio-registry:${versions.registry}`);
  expect(images).toContain(`postgres:${versions.postgresMajor}`);
});

test('containers come back after a reboot, all but the one that ends when it is done', () => {
  const { services } = parse(read('docker-compose.kafka.yml'), { merge: true }) as {
    services: Record<string, { restart?: string }>;
  };
  const staying = Object.entries(services).filter(([, one]) => one.restart === 'unless-stopped');
  expect(Object.keys(services).filter((name) => name !== 'topics')).toEqual(
    staying.map(([name]) => name),
  );
  expect(staying.length).toBeGreaterThan(4);
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

test('the lockfile has every package of ours, with the dependencies of its manifest', () => {
  const folders = ['libs', 'services'].flatMap((parent) =>
    readdirSync(join(repositoryRoot, parent)).map((name) => `${parent}/${name}`),
  );
  const manifests = [...folders, 'infra'].filter((folder) =>
    existsSync(join(repositoryRoot, folder, 'package.json')),
  );
  const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, Manifest> };
  const dependenciesOf = (manifest: Manifest | undefined) => ({
    isThere: manifest !== undefined,
    dependencies: manifest?.dependencies ?? {},
    optional: manifest?.optionalDependencies ?? {},
  });
  // Where it fails, `npm install` brings the lockfile up to date; a fresh clone cannot do without.
  for (const folder of manifests) {
    const manifest = JSON.parse(read(`${folder}/package.json`)) as Manifest;
    expect({ folder, ...dependenciesOf(lock.packages[folder]) }).toEqual({
      folder,
      ...dependenciesOf(manifest),
    });
  }
  expect(manifests.length).toBeGreaterThan(5);
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
