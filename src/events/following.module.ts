import { Module } from '@nestjs/common';
import { EventsRepository } from './events.repository.js';
import { Followers } from './followers.js';
import { TaskEnd } from './task-end.js';

/** Following tasks, for processes that serve clients. */
@Module({
  providers: [Followers, EventsRepository, TaskEnd],
  exports: [Followers, EventsRepository, TaskEnd],
})
export class FollowingModule {}
