import { TestEnvironment } from 'jest-environment-node';

/** The Node environment, which fails a test file that leaves processes behind, and ends them. */
export default class LeakEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    // Kept by child.ts. A set of this file's own: where Jest runs in one process, the shared services are children too.
    this.global.testChildren = new Set();
  }

  /** After the file's last hook, which may still stop processes. */
  handleTestEvent(event, state) {
    if (event.name !== 'run_finish') return;
    for (const child of this.global.testChildren) {
      child.kill('SIGKILL');
      state.unhandledErrors.push(
        new Error(`The test file left a process running: ${child.spawnargs.join(' ')}`),
      );
    }
  }
}
