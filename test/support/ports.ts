import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the range from which systems draw the local ends of outgoing connections (32768 on Linux). */
const FIRST = 15_000;
const LAST = 32_000;

/**
 * A port on loopback that is free now, drawn at random so that runs side by side do not meet. Outside the range of
 * outgoing connections, so nothing takes it while a stopped server is to come back to it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => {
      resolve(false);
    });
    probe.listen(port, '127.0.0.1', () => {
      probe.close(() => {
        resolve(true);
      });
    });
  });
}
