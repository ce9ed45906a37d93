import { availableParallelism } from 'node:os';

/** Decorators with metadata, as Nest and TypeORM need them; type checking is `npm run typecheck`. */
const swc = {
  sourceMaps: 'inline',
  module: { type: 'es6' },
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    keepClassNames: true,
  },
};

const project = {
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    // Threads are Node's, which knows no TypeScript by itself.
    '^\\./start-thread\\.js$': '<rootDir>/test/support/start-thread.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: { '\\.ts$': ['@swc/jest', swc] },
  testEnvironment: '<rootDir>/test/support/leak-environment.mjs',
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.cache/'],
};

/** Tests that may use the shared Kafka and PostgreSQL; Jest starts them once, and not for unit tests alone. */
const withServices = {
  ...project,
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
};

/**
 * What runs on an embedded database, too: it is PostgreSQL, so these are the ways through it that differ (transactions, locks, claims,
 * deletion), where tasks travel without a broker. The others need a second process or connection, or a broker.
 */
const onBothDatabases = ['submit', 'retention', 'claims', 'no-transport', 'transaction'];

export default {
  projects: [
    { ...project, displayName: 'unit', testMatch: ['<rootDir>/{src,faults}/**/*.spec.ts'] },
    {
      ...withServices,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/{integration,conformance,support}/**/*.spec.ts'],
    },
    {
      ...withServices,
      displayName: 'integration-embedded',
      globals: { testDatabase: 'embedded' },
      testMatch: [`<rootDir>/test/integration/{${onBothDatabases.join(',')}}.spec.ts`],
    },
    { ...withServices, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.spec.ts'] },
  ],
  // Jest knows one for all projects. A broker's restart alone takes seconds.
  testTimeout: 120_000,
  coverageProvider: 'v8',
  // Most tests wait for a broker, a database, a process that starts or a timer: more of them run than there are processors.
  maxWorkers: availableParallelism() + 1,
  // What a test file loads is never let go of: a worker that has run many spends a fifth of its time on collecting nothing.
  workerIdleMemoryLimit: '1GB',
  testSequencer: '<rootDir>/test/support/sequencer.mjs',
  reporters: ['default', '<rootDir>/test/support/count-reporter.mjs'],
};
