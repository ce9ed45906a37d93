import { Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import type { Config } from '../config/config.js';
import type { Database } from '../database/database.module.js';
import { RelayModule } from '../dispatch/relay.module.js';
import { TimersModule } from '../dispatch/timers.module.js';
import { DeadLettersListenerModule } from '../dlq/dead-letters-listener.module.js';
import { RedriveSenderModule } from '../dlq/redrive/redrive-sender.module.js';
import { RedriveRunnerModule } from '../dlq/redrive/redrive-runner.module.js';
import { ResultsListenerModule } from '../results/results-listener.module.js';
import type { TaskTypes } from '../task-types/task-types.js';
import { RetentionModule } from '../tasks/retention.module.js';
import { consumedGroups, usesTopics } from './consumed-groups.js';
import { CoreModule } from './core.module.js';

/** What listens and relays, where there are topics, and what keeps time. */
export function workerFeatures(config: Config, taskTypes: TaskTypes): NonNullable<ModuleMetadata['imports']> {
  const groups = consumedGroups(config, taskTypes);
  return [
    ...(groups.results ? [ResultsListenerModule] : []),
    ...(groups['dead-letters'] ? [DeadLettersListenerModule] : []),
    ...(usesTopics(taskTypes) ? [RelayModule] : []),
    ...(config.transport.kind === 'none' ? [] : [RedriveSenderModule]),
    RedriveRunnerModule,
    TimersModule,
    RetentionModule.forRoot(config),
  ];
}

/** Role `worker`: listeners, relay and timers, without topics the timers only; over HTTP health and metrics. */
@Module({})
export class WorkerModule {
  static forRoot(config: Config, taskTypes: TaskTypes, database: Database): DynamicModule {
    return {
      module: WorkerModule,
      imports: [CoreModule.forRoot(config, taskTypes, database), ...workerFeatures(config, taskTypes)],
    };
  }
}
