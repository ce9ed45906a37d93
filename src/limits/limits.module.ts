import { Module, type DynamicModule } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { OpenTasks } from './open-tasks.js';
import { LIMITS, OwnerLimits } from './owner-limits.js';

/** What one owner may have at a time. */
@Module({})
export class LimitsModule {
  static forRoot({ limits }: Pick<Config, 'limits'>): DynamicModule {
    return {
      module: LimitsModule,
      global: true,
      providers: [{ provide: LIMITS, useValue: limits }, OwnerLimits, OpenTasks],
      exports: [OwnerLimits, OpenTasks],
    };
  }
}
