import { Module } from '@nestjs/common';
import { FollowingModule } from '../events/following.module.js';
import { TaskStoreModule } from '../tasks/task-store.module.js';
import { TaskEventsController } from './task-events.controller.js';
import { TasksGateway } from './tasks.gateway.js';

/** Lets clients follow tasks: Socket.IO, server-sent events, and the history over REST. */
@Module({
  imports: [FollowingModule, TaskStoreModule],
  controllers: [TaskEventsController],
  providers: [TasksGateway],
})
export class GatewayModule {}
