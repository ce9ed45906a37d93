import { Module, type DynamicModule } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { BusConnection } from './bus-connection.js';
import { EventBus } from './event-bus.js';

/** The event bus, for everybody who writes events. It listens only where `FollowingModule` is loaded, too. */
@Module({})
export class EventsModule {
  static forRoot({ database }: Pick<Config, 'database'>): DynamicModule {
    return {
      module: EventsModule,
      global: true,
      providers: [EventBus, { provide: BusConnection, useFactory: () => new BusConnection(database.url) }],
      exports: [EventBus],
    };
  }
}
