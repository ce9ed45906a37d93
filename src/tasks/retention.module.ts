import { Module, type DynamicModule } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { Retention, RETENTION_DAYS } from './retention.js';

/** Deleting what is old. */
@Module({})
export class RetentionModule {
  static forRoot({ retentionDays }: Config): DynamicModule {
    return {
      module: RetentionModule,
      providers: [Retention, { provide: RETENTION_DAYS, useValue: retentionDays }],
    };
  }
}
