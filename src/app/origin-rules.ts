import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback } from '../config/load-config.js';

/**
 * Why a request may not be for us, or null if it may. With `AUTH=none` everybody who reaches us may do everything, and
 * a page whose name was rebound to 127.0.0.1 after it was loaded reaches us: it sends its own name as `Host`.
 */
export function foreignHost({ host }: IncomingHttpHeaders): string | null {
  return host !== undefined && isLoopback(hostName(host))
    ? null
    : 'The Host header must name a loopback address.';
}

/**
 * Why a request may not come from where it says, or null if it may: `Origin`, which browsers send with whatever may
 * change something and whenever they open a socket, has to be ours or one of `allowed`.
 */
export function foreignOrigin(
  { host, origin }: IncomingHttpHeaders,
  allowed: readonly string[],
): string | null {
  if (origin === undefined || allowed.includes(origin)) return null;
  // Not the scheme: a proxy may speak TLS for us.
  return /^https?:\/\//.test(origin) && origin.replace(/^https?:\/\//, '') === host
    ? null
    : 'Pages of this origin may not call the API; CORS_ORIGINS lists those that may.';
}

/** The name or address in a `Host` header, without port and brackets. */
function hostName(host: string): string {
  return host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');
}
