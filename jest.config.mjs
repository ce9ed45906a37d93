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
 * What runs on an embedded database, too. The others need a second process or connection (positions, ordering, relay,
 * gateway-stream), a server that is broken or looked into, or no database.
 */
const onBothDatabases = [
  'tasks',
  'submit',
  'batch',
  'idempotency',
  'list',
  'retry',
  'schedule',
  'retention',
  'correlation',
  'dispatch',
  'results',
  'dead-letters',
  'dead-letters-rest',
  'following',
  'gateway',
  'claims',
  'http-results',
  'limits',
  'no-transport',
];

export default {
  projects: [
    { ...project, displayName: 'unit', testMatch: ['<rootDir>/src/**/*.spec.ts'] },
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
  testTimeout: 60_000,
  coverageProvider: 'v8',
  // Integration tests mostly wait for a broker, a database or a timer.
  maxWorkers: Math.max(2, Math.floor(availableParallelism() / 2)),
  reporters: ['default', '<rootDir>/test/support/count-reporter.mjs'],
};
