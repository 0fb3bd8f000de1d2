/** Tests run on the TypeScript as it is; the transformer only strips types, as Node does. */

/**
 * Suites that take minutes and have commands of their own: `npm run test:venue`,
 * `npm run test:faults`, `npm run bench`.
 */
const apart = ['/test/venue/', '/test/faults-full/', '/test/bench/'];
const wanted = process.env.POLYTRADERS_SUITES;

export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'js', 'json'],
  transform: { '\\.ts$': '<rootDir>/test/strip-types.cjs' },
  transformIgnorePatterns: ['/node_modules/(?!@polytraders/)'],
  roots: ['<rootDir>/libs', '<rootDir>/services', '<rootDir>/infra', '<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', ...apart.filter((path) => path !== wanted)],
  globalSetup: '<rootDir>/test/global-setup.js',
  // Two cores must do, and the servers want one of them.
  maxWorkers: 2,
  workerIdleMemoryLimit: '1GB',
  testTimeout: 60_000,
};
