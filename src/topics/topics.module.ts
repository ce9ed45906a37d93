import { Module } from '@nestjs/common';
import { TopicsController } from './topics.controller.js';
import { TopicsService } from './topics.service.js';

/** Topics over REST. */
@Module({ controllers: [TopicsController], providers: [TopicsService] })
export class TopicsModule {}
