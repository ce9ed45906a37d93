import { Module, type DynamicModule } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import type { Config } from '../config/config.js';
import { RecordGuards } from '../consuming/record-guards.js';
import { DatabaseModule, type Database } from '../database/database.module.js';
import { IS_DEAD_LETTER_TOPIC } from '../dlq/dead-letter-topics.js';
import { EventsModule } from '../events/events.module.js';
import { HealthModule } from '../health/health.module.js';
import { CONSUMED_GROUPS, LagMetrics } from '../observability/lag-metrics.js';
import { LimitsModule } from '../limits/limits.module.js';
import { Metrics } from '../observability/metrics.js';
import { ObservabilityModule } from '../observability/observability.module.js';
import { TaskTypes } from '../task-types/task-types.js';
import { TransportModule } from '../transport/transport.module.js';
import { consumedGroups, isReadBy } from './consumed-groups.js';

/** What every role stands on: configuration, database, transport, event bus, metrics. */
@Module({})
export class CoreModule {
  static forRoot(config: Config, taskTypes: TaskTypes, database: Database): DynamicModule {
    const groups = consumedGroups(config, taskTypes);
    return {
      module: CoreModule,
      global: true,
      imports: [
        DatabaseModule.forRoot(database),
        AuthModule.forRoot(config),
        LimitsModule.forRoot(config),
        TransportModule.forRoot(config),
        EventsModule.forRoot(config),
        ObservabilityModule,
        HealthModule,
      ],
      providers: [
        { provide: TaskTypes, useValue: taskTypes },
        { provide: CONSUMED_GROUPS, useValue: Object.values(groups) },
        { provide: IS_DEAD_LETTER_TOPIC, useValue: isReadBy(groups['dead-letters']) },
        LagMetrics,
        {
          provide: RecordGuards,
          useFactory: (metrics: Metrics) => new RecordGuards(metrics, config.deadLetterLimit),
          inject: [Metrics],
        },
      ],
      exports: [TaskTypes, CONSUMED_GROUPS, IS_DEAD_LETTER_TOPIC, RecordGuards],
    };
  }
}
