import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import { Child } from './child.js';

/** Where systems have it. */
const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Nothing of it is to ask the network for anything but the pages under test. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Where a Chromium is: `CHROMIUM_PATH`, else the system's; with `CI=true` it is installed where root can do that on a
 * Debian. Rejects with the reason when there is none.
 */
export async function findChromium(env: NodeJS.ProcessEnv): Promise<string> {
  const found = findInstalled(env);
  if (found) return found;
  if (env.CI === 'true' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    await Child.run('apt-get', ['update', '-qq']);
    await Child.run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium']);
  }
  const installed = findInstalled(env);
  if (!installed) throw new Error('CHROMIUM_PATH names none, and the system has none');
  return installed;
}

/** Starts one without a window and with an empty profile. Close it. */
export async function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: await findChromium(process.env), args: FLAGS });
}

function findInstalled(env: NodeJS.ProcessEnv): string | undefined {
  const candidates = env.CHROMIUM_PATH ? [env.CHROMIUM_PATH] : PATHS;
  return candidates.find((path) => existsSync(path));
}
