import { Module } from '@nestjs/common';
import { FollowingModule } from '../events/following.module.js';
import { TaskRepository } from '../tasks/task.repository.js';
import { TaskEventsController } from './task-events.controller.js';
import { TasksGateway } from './tasks.gateway.js';

/** Lets clients follow tasks: Socket.IO, server-sent events, and the history over REST. */
@Module({
  imports: [FollowingModule],
  controllers: [TaskEventsController],
  providers: [TasksGateway, TaskRepository],
})
export class GatewayModule {}
