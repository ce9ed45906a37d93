import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** What callers may do, as credentials say it; docs/security.md tells what. */
export const ROLES = ['client', 'service', 'compute', 'operator'] as const;

/** `reader` is the role of tokens that Taskwire makes itself: for a browser's socket or stream. */
export type Role = (typeof ROLES)[number] | 'reader';

/** Whom credentials speak of. */
export interface Identity {
  /** The owner of the tasks that it submits, and the only one whose tasks a mere `client` can see. */
  owner: string;
  roles: readonly Role[];
  /** The only task that it may read, or null for all that its roles let it see. */
  taskId: string | null;
  /** When its credentials end, and with them whatever it follows; null for never. */
  expiresAt: Date | null;
  /** Aborted when its credentials are taken back before they end; null for those that cannot be. */
  revoked: AbortSignal | null;
}

/** Whoever sent a request or opened a socket. */
export interface Caller extends Identity {
  /** The network address that it came from. */
  address: string;
}

/** With `AUTH=none` everybody is this one: the server listens on loopback only. */
export const LOCAL: Identity = Object.freeze({
  owner: 'local',
  roles: ROLES,
  taskId: null,
  expiresAt: null,
  revoked: null,
});

/**
 * The owner whose tasks a caller is confined to, or null for every owner's (`service` and `operator`). It becomes part
 * of the `WHERE`, so that a foreign task looks just like one that does not exist.
 */
export function visibleOwner(caller: Caller): string | null {
  return caller.roles.includes('service') || caller.roles.includes('operator') ? null : caller.owner;
}

/** A request that the access guard has let in. */
export interface AuthenticatedRequest extends FastifyRequest {
  caller?: Caller;
  /** Of one that holds many: to be called when it is counted how many. */
  counted?: () => void;
}

/** The caller of the current request. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (!caller) throw new Error('a route without a role asks for its caller');
  return caller;
});
