import { Child } from '../../test/support/child.js';

/** As in the Dockerfile; for every contender that runs on Node. */
export const NODE_OPTIONS = '--max-semi-space-size=32';

/** Starts a TypeScript program of the bench with one argument, as JSON, and resolves when it prints `ready`. */
export async function startProgram(script: URL, argument: unknown): Promise<Child> {
  const args = ['--import', 'tsx', script.pathname, JSON.stringify(argument)];
  const child = await Child.start(process.execPath, args, { env: { ...process.env, NODE_OPTIONS } });
  await child.waitForOutput(/^ready$/m, 60_000);
  return child;
}
