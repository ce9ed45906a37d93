import { Module, type DynamicModule } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { BusConnection } from './bus-connection.js';
import { EventBus } from './event-bus.js';
import { HintChannel } from './hint-channel.js';
import { NoOtherProcess } from './no-other-process.js';

/** The event bus, for everybody who writes events. It listens only where somebody in this process follows tasks, or claims them. */
@Module({})
export class EventsModule {
  static forRoot({ database }: Pick<Config, 'database'>): DynamicModule {
    return {
      module: EventsModule,
      global: true,
      providers: [
        EventBus,
        {
          provide: HintChannel,
          useFactory: () =>
            database.kind === 'server' ? new BusConnection(database.url) : new NoOtherProcess(),
        },
      ],
      exports: [EventBus],
    };
  }
}
