/** Tests run on the TypeScript as it is; the transformer only strips types, as Node does. */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'js', 'json'],
  transform: { '\\.ts$': '<rootDir>/test/strip-types.cjs' },
  transformIgnorePatterns: ['/node_modules/(?!@polytraders/)'],
  roots: ['<rootDir>/libs', '<rootDir>/services', '<rootDir>/infra', '<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
};
