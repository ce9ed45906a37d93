import { Module } from '@nestjs/common';
import { ConsumingModule } from '../consuming/consuming.module.js';
import { CorrelationRepository } from './correlation.repository.js';
import { FindTasks } from './find-tasks.js';
import { ResultReader } from './result-reader.js';
import { ResultsListener } from './results.listener.js';

/** The result listener. */
@Module({
  imports: [ConsumingModule],
  controllers: [ResultsListener],
  providers: [ResultReader, FindTasks, CorrelationRepository],
})
export class ResultsListenerModule {}
