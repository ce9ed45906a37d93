import { SetMetadata } from '@nestjs/common';
import type { Role } from './caller.js';

/** Who may use a route: everybody, or callers with one of the roles. */
export type Access = 'everybody' | readonly Role[];

/** Where a route, or its controller, has it. */
export const ACCESS = 'taskwire:access';

/** Lets callers with any of these roles use a route, or all routes of a controller. */
export const AllowRoles = (...roles: [Role, ...Role[]]): MethodDecorator & ClassDecorator =>
  SetMetadata(ACCESS, roles satisfies Access);

/** Lets everybody in, with credentials or without: for what shows nothing of any task. */
export const AllowEverybody = (): MethodDecorator & ClassDecorator =>
  SetMetadata(ACCESS, 'everybody' satisfies Access);
