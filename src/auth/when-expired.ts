import type { Identity } from './caller.js';

/** The longest that a timer of Node's waits, in milliseconds. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/** Calls back when the caller's credentials end or are taken back; the function that it returns calls that off. */
export function whenExpired(identity: Identity, callback: () => void): () => void {
  if (identity.expiresAt === null && identity.revoked === null) return () => undefined;
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    clearTimeout(timer);
    const left = secondsLeft(identity) * 1000;
    if (left <= 0) callback();
    else timer = setTimeout(wait, Math.min(left, MAX_TIMEOUT));
  };
  timer = setTimeout(wait, 0);
  identity.revoked?.addEventListener('abort', wait, { once: true });
  return () => {
    clearTimeout(timer);
    identity.revoked?.removeEventListener('abort', wait);
  };
}

/**
 * A signal that is aborted when the caller is gone, which every caller is in the end, or its credentials are taken back. Not
 * `AbortSignal.any`, which leaves something behind in the longer-lived signal: https://github.com/nodejs/node/issues/55351
 */
export function goneOrRevoked({ revoked }: Identity, gone: AbortSignal): AbortSignal {
  if (revoked === null) return gone;
  const either = new AbortController();
  const abort = (): void => {
    for (const signal of [gone, revoked]) signal.removeEventListener('abort', abort);
    either.abort();
  };
  if (gone.aborted || revoked.aborted) either.abort();
  else for (const signal of [gone, revoked]) signal.addEventListener('abort', abort);
  return either.signal;
}

/** How long the caller's credentials still hold, in seconds; no fewer than 0. */
export function secondsLeft({ expiresAt, revoked }: Identity): number {
  if (revoked?.aborted === true) return 0;
  return expiresAt === null ? Infinity : Math.max(0, (expiresAt.getTime() - Date.now()) / 1000);
}
