import { writeFileSync } from 'node:fs';

/**
 * Ends the run with the line `N passed, N failed`, for machines to read; the file that `TEST_COUNTS_FILE` names gets it,
 * too. A test file that could not run, or left something running, counts as a failure.
 */
export default class CountReporter {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests > 0 ? `, ${results.numPendingTests} skipped` : '';
    const line = `${results.numPassedTests} passed, ${failed} failed${skipped}\n`;
    process.stdout.write(line);
    const file = process.env.TEST_COUNTS_FILE;
    if (file) writeFileSync(file, line);
  }
}
