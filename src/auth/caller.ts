import { createParamDecorator } from '@nestjs/common';

/** What a caller may do; api.md's "Who may do what". */
export type Role = 'client' | 'service' | 'compute' | 'operator';

/** Whoever sent a request or opened a socket. */
export interface Caller {
  /** The owner of the tasks that it submits, and the only one whose tasks a mere `client` can see. */
  owner: string;
  roles: readonly Role[];
}

/** With `AUTH=none` everybody is this one: the server listens on loopback only. */
export const LOCAL_CALLER: Caller = Object.freeze({
  owner: 'local',
  roles: Object.freeze(['client', 'service', 'compute', 'operator'] as const),
});

/**
 * The owner whose tasks a caller is confined to, or null for every owner's (`service` and `operator`). It becomes part
 * of the `WHERE`, so that a foreign task looks just like one that does not exist.
 */
export function visibleOwner(caller: Caller): string | null {
  return caller.roles.includes('service') || caller.roles.includes('operator') ? null : caller.owner;
}

/** The caller of the current request. */
export const CurrentCaller = createParamDecorator((): Caller => LOCAL_CALLER);
