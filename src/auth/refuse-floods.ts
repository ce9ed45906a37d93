import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../errors/app-error.js';
import type { Admission } from './admission.js';
import type { AuthenticatedRequest } from './caller.js';

/**
 * How long a refusal is held back, in milliseconds: as long as its `Retry-After` asks to wait, and by chance longer, so that
 * those that were refused together do not come again together.
 */
const HOLD_MS = 1_000;
const SPREAD_MS = 1_000;

/**
 * Refuses those who send too much before their bodies are read, and not at once: whoever sends on each answer would only send
 * faster for being refused. Everything else is left to the access guard.
 */
export function refuseFloods(fastify: FastifyInstance, admission: Admission): void {
  fastify.addHook('onRequest', async (request: AuthenticatedRequest) => {
    if (request.routeOptions.url?.startsWith('/v1/') !== true) return;
    try {
      await admission.admit(request);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'too_many_requests') return;
      await pause(HOLD_MS + Math.random() * SPREAD_MS);
      throw error;
    }
  });
}
