import { setTimeout as pause } from 'node:timers/promises';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyContextConfig, FastifyInstance } from 'fastify';
import { AppError } from '../errors/app-error.js';
import { whenGone } from '../http/gone-signal.js';
import type { OwnerLimits } from '../limits/owner-limits.js';
import type { Admission } from './admission.js';
import type { AuthenticatedRequest } from './caller.js';

/**
 * How long a refusal is held back, in milliseconds: as long as its `Retry-After` asks to wait, and by chance longer, so that
 * those that were refused together do not come again together.
 */
const HOLD_MS = 1_000;
const SPREAD_MS = 1_000;

const HOLDS_MANY = 'holdsMany';

/** For a route of which one request may hold many: the one that follows is not read before it is counted how many. */
export const HoldsMany = (): MethodDecorator => RouteConfig({ [HOLDS_MANY]: true });

/**
 * Refuses those who send too much before their bodies are read, and not at once: whoever sends on each answer would only send
 * faster for being refused. Everything else is left to the access guard.
 */
export function refuseFloods(fastify: FastifyInstance, admission: Admission, limits: OwnerLimits): void {
  fastify.addHook('onRequest', async (request: AuthenticatedRequest, reply) => {
    if (request.routeOptions.url?.startsWith('/v1/') !== true) return;
    try {
      const { owner } = await admission.admit(request);
      if (holdsMany(request.routeOptions.config)) {
        request.counted = await limits.afterCount(owner);
        whenGone(reply, request.counted);
      }
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'too_many_requests') return;
      await pause(HOLD_MS + Math.random() * SPREAD_MS);
      throw error;
    }
  });
}

function holdsMany(config: FastifyContextConfig): boolean {
  return HOLDS_MANY in config && config[HOLDS_MANY] === true;
}
