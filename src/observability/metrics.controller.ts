import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { AllowEverybody } from '../auth/access.js';
import { Metrics } from './metrics.js';

/** `GET /metrics`, for Prometheus. */
@ApiTags('operation')
@Controller('metrics')
@AllowEverybody()
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  /** Counters and gauges of this process and of the installation. */
  @Get()
  @ApiOperation({ summary: 'Metrics in the text format of Prometheus' })
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string' } })
  async read(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    void reply.header('content-type', this.metrics.registry.contentType);
    return this.metrics.registry.metrics();
  }
}
