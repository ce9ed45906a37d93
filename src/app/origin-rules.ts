import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback } from '../config/load-config.js';

/**
 * Why a request may not come from where it says, or null if it may. With `AUTH=none` everybody who reaches us may do
 * everything, and any web page can make its reader's browser reach us:
 *
 * - `Host` has to name a loopback address. A page whose name was rebound to 127.0.0.1 after it was loaded sends its own.
 * - `Origin`, which browsers send with whatever may change something, has to be ours or one of `allowed`.
 */
export function foreignOrigin(
  { host, origin }: IncomingHttpHeaders,
  allowed: readonly string[],
): string | null {
  if (host === undefined || !isLoopback(hostName(host)))
    return 'The Host header must name a loopback address.';
  if (origin === undefined || allowed.includes(origin)) return null;
  // Not the scheme: a proxy on this machine may speak TLS for us.
  return /^https?:\/\//.test(origin) && origin.replace(/^https?:\/\//, '') === host
    ? null
    : 'Pages of this origin may not call the API; CORS_ORIGINS lists those that may.';
}

/** The name or address in a `Host` header, without port and brackets. */
function hostName(host: string): string {
  return host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');
}
