import { Module } from '@nestjs/common';
import { DispatchModule } from '../dispatch/dispatch.module.js';
import { FastPath } from '../dispatch/fast-path.js';
import { FollowingModule } from '../events/following.module.js';
import { RetryService } from './retry.service.js';
import { SubmissionRepository } from './submission.repository.js';
import { SubmitService } from './submit.service.js';
import { TaskBatchController } from './task-batch.controller.js';
import { TaskIntake } from './task-intake.js';
import { TaskList } from './task-list.js';
import { TaskStoreModule } from './task-store.module.js';
import { TasksController } from './tasks.controller.js';
import { TasksService } from './tasks.service.js';

/** Tasks over REST: submitting, reading, cancelling, retrying. */
@Module({
  imports: [TaskStoreModule, DispatchModule, FollowingModule],
  controllers: [TaskBatchController, TasksController],
  providers: [
    TaskIntake,
    SubmitService,
    SubmissionRepository,
    FastPath,
    TasksService,
    RetryService,
    TaskList,
  ],
  exports: [TasksService],
})
export class TasksModule {}
