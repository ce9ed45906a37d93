import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AppError } from './app-error.js';

/** For routes without query values: any is refused, as an unknown one is where there are some. */
@Injectable()
export class TakesNoQuery implements CanActivate {
  canActivate(context: ExecutionContext): true {
    return refuseValues(context.switchToHttp().getRequest<FastifyRequest>().query, 'query values');
  }
}

/** For routes that need no body: one with fields is refused. */
@Injectable()
export class TakesNoBody implements CanActivate {
  canActivate(context: ExecutionContext): true {
    return refuseValues(context.switchToHttp().getRequest<FastifyRequest>().body, 'fields in the body');
  }
}

function refuseValues(given: unknown, what: string): true {
  const names = typeof given === 'object' && given !== null ? Object.keys(given) : [];
  if (names.length === 0) return true;
  throw new AppError(
    'invalid_request',
    `The request is not valid: there are ${what} that nobody asked for.`,
    {
      details: names.map((name) => ({ path: name, message: `property ${name} should not exist` })),
    },
  );
}
