/** One configuration for all three kinds of specs; `scripts/test.mjs` says which run. */
export default {
  testMatch: [
    '**/src/**/*.spec.ts',
    '**/src/**/*.int-spec.ts',
    '**/src/**/*.e2e-spec.ts',
    '<rootDir>/{docs,deploy,examples}/**/*.spec.ts',
    '<rootDir>/{docs,deploy,examples}/**/*.e2e-spec.ts',
  ],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        module: { type: 'es6' },
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
      },
    ],
  },
  moduleNameMapper: {
    '^@vfleet/(allocator|migrator|inventory|host-agent)/(.+)$': '<rootDir>/apps/$1/src/$2',
    '^@vfleet/([a-z-]+)$': '<rootDir>/libs/$1/src/index.ts',
    '^@vfleet/([a-z-]+)/([a-z-]+)$': '<rootDir>/libs/$1/src/$2.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  globalSetup: '<rootDir>/libs/testing/global-setup.mjs',
  globalTeardown: '<rootDir>/libs/testing/global-teardown.mjs',
  setupFilesAfterEnv: ['<rootDir>/libs/testing/property-seed.mjs'],
  // Generous: machines are shared, and a spec waits for events, not for time. A spec that hangs still ends.
  testTimeout: 300_000,
};
