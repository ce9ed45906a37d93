import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AppError } from '../errors/app-error.js';
import { ACCESS, type Access } from './access.js';
import { Admission } from './admission.js';
import type { AuthenticatedRequest, Caller } from './caller.js';

/** Finds out who calls, and lets in whom the route's declared access names. It guards every route. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly admission: Admission,
  ) {}

  /** @throws AppError `unauthorized`, `too_many_requests` or `forbidden`; `unavailable` if the issuer's keys cannot be had */
  async canActivate(context: ExecutionContext): Promise<true> {
    // Messages on sockets come from callers who were let in when they connected; topics have no callers.
    if (context.getType() !== 'http') return true;
    const access = this.accessOf(context);
    if (access === 'everybody') return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const caller = await this.admission.admit(request);
    checkRoles(caller, access);
    checkTask(caller, request);
    return true;
  }

  private accessOf(context: ExecutionContext): Access {
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (access === undefined) throw new Error('a route declares no access');
    return access;
  }
}

/** @throws AppError `forbidden` unless the caller has one of the roles */
export function checkRoles({ roles }: Caller, allowed: readonly string[]): void {
  if (!roles.some((role) => allowed.includes(role)))
    throw new AppError(
      'forbidden',
      `This needs one of the roles ${allowed.filter((role) => role !== 'reader').join(', ')}.`,
    );
}

/** A token for one task opens nothing that does not name this task. */
function checkTask({ taskId }: Caller, { params }: AuthenticatedRequest): void {
  const { id } = params as { id?: string };
  if (taskId !== null && id?.toLowerCase() !== taskId)
    throw new AppError('forbidden', 'This token is for another task.');
}
