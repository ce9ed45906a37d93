import type { FastifyInstance } from 'fastify';
import type { AuthenticatedRequest } from '../auth/caller.js';
import type { AuditLog } from './audit-log.js';

/** Notes every request that was refused for who sent it: under its route, for paths and queries may hold secrets. */
export function auditRefusals(fastify: FastifyInstance, auditLog: AuditLog): void {
  fastify.addHook('onResponse', (request: AuthenticatedRequest, reply, done) => {
    if (reply.statusCode === 401 || reply.statusCode === 403) {
      const { caller = null } = request;
      auditLog.refused({
        caller,
        address: request.ip,
        action: `${request.method} ${request.routeOptions.url ?? 'none'}`,
        // Of strangers all is one entry: they could make up as many ids as they like.
        target: caller && ((request.params as { id?: string } | undefined)?.id ?? null),
        code: reply.statusCode === 401 ? 'unauthorized' : 'forbidden',
      });
    }
    done();
  });
}
