import config from '../../jest.config.mjs';

const [unit] = config.projects;

/** The tests that state in sentences what the mutated files promise. */
export default {
  ...unit,
  rootDir: '../..',
  // Stryker puts one of its own around it.
  testEnvironment: 'node',
  testMatch: [
    '<rootDir>/src/tasks/{state-table,fold,fold.history}.spec.ts',
    '<rootDir>/src/results/decode-*.spec.ts',
  ],
};
