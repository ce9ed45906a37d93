import { Module } from '@nestjs/common';
import { TaskStoreModule } from '../tasks/task-store.module.js';
import { DispatchSender } from './dispatch-sender.js';
import { holderProvider } from './holder.js';
import { Refusals } from './refusals.js';
import { SentMarks } from './sent-marks.js';
import { TopicKeeper } from './topic-keeper.js';

/** Sending requests to their topics. */
@Module({
  imports: [TaskStoreModule],
  providers: [DispatchSender, Refusals, SentMarks, TopicKeeper, holderProvider],
  exports: [TaskStoreModule, DispatchSender, SentMarks, TopicKeeper, holderProvider],
})
export class DispatchModule {}
