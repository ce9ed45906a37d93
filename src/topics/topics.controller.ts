import { Controller, Get, UseGuards } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AllowRoles } from '../auth/access.js';
import { TakesNoQuery } from '../errors/takes-no-values.guard.js';
import { TopicsResponse } from './topic.dto.js';
import { TopicsService } from './topics.service.js';

/** Topics, for operators. */
@ApiTags('operation')
@Controller('v1/topics')
@AllowRoles('operator')
export class TopicsController {
  constructor(private readonly topics: TopicsService) {}

  /** Every topic with its partitions, the lag of our consumer groups, and its open dead letters. */
  @Get()
  @UseGuards(TakesNoQuery)
  async list(): Promise<TopicsResponse> {
    return { items: await this.topics.list() };
  }
}
