/**
 * `npm run mutation`: changes what decides about a task, place by place, and looks whether a test fails. Random histories
 * (`fold.model.spec`) take no part: a mutant has to die of a test that says why, and of the same one each time.
 */
export default {
  mutate: ['src/tasks/state-table.ts', 'src/tasks/fold.ts', 'src/results/decode-*.ts', '!**/*.spec.ts'],
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  jest: { projectType: 'custom', configFile: 'test/mutation/jest.config.mjs' },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  // Most hang on nothing: a machine that is slow must not make a mutant look caught.
  timeoutMS: 60_000,
  reporters: ['clear-text', 'progress-append-only'],
  clearTextReporter: { allowColor: false, logTests: false },
  thresholds: { high: 95, low: 90, break: 90 },
  tempDirName: '.cache/mutation',
  // With `-- --incremental`, runs of single files (`--mutate FILE`) add up.
  incrementalFile: '.cache/mutation.json',
  ignorePatterns: ['.cache', 'bench', 'clients', 'console', 'deploy', 'dist', 'faults', 'workers'],
  disableTypeChecks: false,
};
