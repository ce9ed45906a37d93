import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { ACCESS, type Access } from './access.js';

/** Where Nest keeps the path of a route. */
const PATH = 'path';

type Class = abstract new (...args: never[]) => unknown;

/** A method of a controller that answers requests. */
export interface Route {
  /** `TasksController.submit` */
  name: string;
  /** Null if it declares none. */
  access: Access | null;
}

/** Knows who may use which route. A route that does not say so fails the start. */
@Injectable()
export class DeclaredAccess implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly reflector: Reflector,
  ) {}

  onModuleInit(): void {
    const undeclared = this.routes().filter(({ access }) => access === null);
    if (undeclared.length > 0)
      throw new Error(`routes declare no access: ${undeclared.map(({ name }) => name).join(', ')}`);
  }

  /** All routes of the application. */
  routes(): Route[] {
    return this.discovery
      .getControllers()
      .flatMap(({ metatype }) => (typeof metatype === 'function' ? this.routesOf(metatype as Class) : []));
  }

  private routesOf(controller: Class): Route[] {
    const prototype = controller.prototype as Record<string, () => unknown>;
    return new MetadataScanner().getAllMethodNames(prototype).flatMap((method) => {
      const handler = prototype[method];
      if (!handler || !Reflect.hasMetadata(PATH, handler)) return [];
      const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [handler, controller]);
      return [{ name: `${controller.name}.${method}`, access: access ?? null }];
    });
  }
}
