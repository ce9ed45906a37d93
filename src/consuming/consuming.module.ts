import { Module } from '@nestjs/common';
import { TaskStoreModule } from '../tasks/task-store.module.js';
import { PositionRepository } from './position.repository.js';
import { RecordPipeline } from './record-pipeline.js';

/** The way of records from topics into the database. */
@Module({
  imports: [TaskStoreModule],
  providers: [PositionRepository, RecordPipeline],
  exports: [TaskStoreModule, RecordPipeline],
})
export class ConsumingModule {}
