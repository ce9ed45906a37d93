import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const HOST = fileURLToPath(new URL('services-host.ts', import.meta.url));

/**
 * Finds or starts Kafka and PostgreSQL (see find-services.ts) in a process of their own.
 *
 * @returns {Promise<{ services: import('./services.ts').FoundServices, close: () => Promise<void> }>}
 */
export async function startServices() {
  // Detached: Ctrl-C in a terminal is for the one who started us, who closes us when his own work has ended.
  const host = spawn(process.execPath, ['--import', 'tsx', HOST], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(host, 'exit');
  const ended = exited.then(([code]) => {
    throw new Error(`The services could not be started: their process ended with ${code}`);
  });
  const [line] = await Promise.race([once(createInterface(host.stdout), 'line'), ended]);
  const close = async () => {
    host.stdin.end();
    await exited;
  };
  return { services: JSON.parse(line), close };
}
