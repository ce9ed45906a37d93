import { Module } from '@nestjs/common';
import { DispatchRepository } from '../dispatch/dispatch.repository.js';
import { DeadLetterRepository } from '../dlq/dead-letter.repository.js';
import { LetterHistory } from '../dlq/letter-history.js';
import { TaskWriter } from './task-writer.js';
import { TaskRepository } from './task.repository.js';
import { UniqueCorrelations } from './unique-correlations.js';

const STORE = [
  TaskRepository,
  DispatchRepository,
  DeadLetterRepository,
  LetterHistory,
  TaskWriter,
  UniqueCorrelations,
];

/** Tasks in the database: reading them, and the one way of changing them. */
@Module({ providers: STORE, exports: STORE })
export class TaskStoreModule {}
