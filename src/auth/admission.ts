import { Injectable } from '@nestjs/common';
import { OwnerLimits } from '../limits/owner-limits.js';
import { Authenticator } from './authenticator.js';
import type { AuthenticatedRequest, Caller } from './caller.js';
import { credentialsOf } from './credentials.js';

/** Finds out who sent a request, counts it, and lets it wait for its turn: once for each request, however often it is asked. */
@Injectable()
export class Admission {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly limits: OwnerLimits,
  ) {}

  /** @throws AppError `unauthorized` or `too_many_requests`; `unavailable` if the issuer's keys cannot be had */
  async admit(request: AuthenticatedRequest): Promise<Caller> {
    if (request.caller) return request.caller;
    const caller = await this.authenticator.authenticate(credentialsOf(request), request.ip);
    this.limits.request(caller.owner);
    await this.limits.turn(caller.owner, 1);
    request.caller = caller;
    return caller;
  }
}
