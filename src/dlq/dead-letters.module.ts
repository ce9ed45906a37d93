import { Module } from '@nestjs/common';
import { TaskStoreModule } from '../tasks/task-store.module.js';
import { DeadLettersController } from './dead-letters.controller.js';

/** Dead letters over REST. */
@Module({ imports: [TaskStoreModule], controllers: [DeadLettersController] })
export class DeadLettersModule {}
