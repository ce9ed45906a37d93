import { ROOT } from './cache.js';
import { Child } from './child.js';
import { freePort } from './ports.js';

/** `env`: the settings, by their names in the documentation; nothing else of this process's environment is passed on. */
export interface TaskwireOptions {
  role: 'all' | 'web' | 'worker';
  env: Record<string, string>;
  /** Where the application is; this project's own folder by default. */
  folder?: string | undefined;
}

/** A Taskwire process that is ready; `url` is its address without a path. */
export type TaskwireProcess = Child & { url: string };

/**
 * Starts the built application (`npm run build`) as a process of its own, on loopback and a free port unless `env` has
 * a `PORT`, and resolves when it says that it is ready. Rejects, with its output, when it ends or is silent instead.
 */
export async function startTaskwire({ role, env, folder = ROOT }: TaskwireOptions): Promise<TaskwireProcess> {
  const child = await Child.start(process.execPath, ['dist/main.js'], {
    cwd: folder,
    env: { PATH: process.env.PATH, ROLE: role, PORT: String(await freePort()), ...env },
  });
  try {
    const [url] = await child.waitForOutput(/http:\/\/127\.0\.0\.1:\d+/, 60_000);
    return Object.assign(child, { url });
  } catch (error) {
    await child.stop('SIGKILL');
    throw error;
  }
}
