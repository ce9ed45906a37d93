import { Module } from '@nestjs/common';
import { TaskStoreModule } from '../tasks/task-store.module.js';
import { DispatchSender } from './dispatch-sender.js';
import { holderProvider } from './holder.js';
import { Refusals } from './refusals.js';
import { SendLeaseRepository } from './send-lease.repository.js';
import { SentMarks } from './sent-marks.js';
import { TopicKeeper } from './topic-keeper.js';

/** Sending requests to their topics. */
@Module({
  imports: [TaskStoreModule],
  providers: [DispatchSender, Refusals, SendLeaseRepository, SentMarks, TopicKeeper, holderProvider],
  exports: [TaskStoreModule, DispatchSender, SendLeaseRepository, SentMarks, TopicKeeper, holderProvider],
})
export class DispatchModule {}
