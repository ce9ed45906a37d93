import { setTimeout as pause } from 'node:timers/promises';

/** How long to go on asking, and how often, in milliseconds. */
export interface EventuallyOptions {
  timeoutMs?: number;
  intervalMs?: number;
}

/**
 * Calls `attempt` until it neither throws nor rejects, and resolves with what it gave. Put the expectation inside.
 * Rejects with the last error once `timeoutMs` are over.
 */
export async function eventually<T>(
  attempt: () => T | Promise<T>,
  { timeoutMs = 30_000, intervalMs = 50 }: EventuallyOptions = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() >= deadline) throw error;
    }
    await pause(intervalMs);
  }
}
