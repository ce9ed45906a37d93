import { Module } from '@nestjs/common';
import { TaskStoreModule } from '../tasks/task-store.module.js';
import { DeadLetterGroupsController } from './dead-letter-groups.controller.js';
import { DeadLetterGroupsRepository } from './dead-letter-groups.repository.js';
import { DeadLettersController } from './dead-letters.controller.js';

/** Dead letters over REST. */
@Module({
  imports: [TaskStoreModule],
  controllers: [DeadLetterGroupsController, DeadLettersController],
  providers: [DeadLetterGroupsRepository],
})
export class DeadLettersModule {}
