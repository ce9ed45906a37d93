import { Global, Module } from '@nestjs/common';
import { BacklogMetrics } from './backlog-metrics.js';
import { Metrics } from './metrics.js';
import { MetricsController } from './metrics.controller.js';

/** Metrics, for every feature to count with, and their endpoint. */
@Global()
@Module({
  providers: [Metrics, BacklogMetrics],
  controllers: [MetricsController],
  exports: [Metrics],
})
export class ObservabilityModule {}
