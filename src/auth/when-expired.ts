import type { Identity } from './caller.js';

/** The longest that a timer of Node's waits, in milliseconds. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/** Calls back when the caller's credentials end; the function that it returns calls that off. */
export function whenExpired({ expiresAt }: Identity, callback: () => void): () => void {
  if (expiresAt === null) return () => undefined;
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const left = expiresAt.getTime() - Date.now();
    if (left <= 0) callback();
    else timer = setTimeout(wait, Math.min(left, MAX_TIMEOUT));
  };
  timer = setTimeout(wait, 0);
  return () => {
    clearTimeout(timer);
  };
}

/** How long the caller's credentials still hold, in seconds; no fewer than 0. */
export function secondsLeft({ expiresAt }: Identity): number {
  return expiresAt === null ? Infinity : Math.max(0, (expiresAt.getTime() - Date.now()) / 1000);
}
