import { Module } from '@nestjs/common';
import { TaskStoreModule } from '../tasks/task-store.module.js';
import { DeliveryChangesRepository } from './delivery-changes.repository.js';
import { DeliveryChanges } from './delivery-changes.js';
import { DueDispatchRepository } from './due-dispatch.repository.js';
import { Timers } from './timers.js';

/** What keeps dispatches moving without anybody asking, whatever their delivery: time, and a new delivery. */
@Module({
  imports: [TaskStoreModule],
  providers: [Timers, DueDispatchRepository, DeliveryChanges, DeliveryChangesRepository],
})
export class TimersModule {}
