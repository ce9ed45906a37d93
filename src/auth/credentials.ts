import type { FastifyRequest } from 'fastify';

/**
 * What a request is authenticated by: `Authorization: Bearer`, or for streams, where a browser cannot set headers, the
 * query value `token`. Null if there is none.
 */
export function credentialsOf({ headers, query, routeOptions }: FastifyRequest): string | null {
  const [scheme = '', credentials = '', ...rest] = (headers.authorization ?? '').trim().split(/ +/);
  if (scheme !== '') return scheme.toLowerCase() === 'bearer' && rest.length === 0 ? credentials : '';
  const { token } = query as { token?: unknown };
  return routeOptions.url?.endsWith('/stream') === true && typeof token === 'string' ? token : null;
}
