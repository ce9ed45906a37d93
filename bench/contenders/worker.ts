import type { Child } from '../../test/support/child.js';
import { startProgram } from './child-process.js';

/** Starts and stops the worker of a contender, in a process of its own. */
export class Worker {
  private child: Child | null = null;

  constructor(
    private readonly script: URL,
    private readonly argument: unknown,
  ) {}

  async start(): Promise<void> {
    this.child = await startProgram(this.script, this.argument);
  }

  async stop(): Promise<void> {
    await this.child?.stop();
    this.child = null;
  }
}
