import { Inject, Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { TRANSPORT, type Transport } from '../transport/transport.js';
import { Metrics } from './metrics.js';
import { SlowReading } from './slow-reading.js';

/** A consumer group of ours and what it reads, whichever process does. */
export interface ConsumedGroup {
  group: string;
  topics: readonly string[];
}

/** The injection token of the installation's `ConsumedGroup[]`. */
export const CONSUMED_GROUPS = Symbol('ConsumedGroups');

/** How far our consumer groups are behind, for the whole installation. */
@Injectable()
export class LagMetrics {
  constructor(
    metrics: Metrics,
    @Inject(TRANSPORT) transport: Transport,
    @Inject(CONSUMED_GROUPS) groups: readonly ConsumedGroup[],
  ) {
    const reading = new SlowReading(
      () => Promise.all(groups.map(({ group, topics }) => transport.topics.lag(group, [...topics]))),
      { name: 'the consumer lag', timeLimit: 3_000, keepFor: 10_000 },
    );
    new Gauge({
      name: 'taskwire_consumer_lag',
      help: 'Records that a consumer group has not read yet, by topic',
      labelNames: ['group', 'topic'] as const,
      registers: [metrics.registry],
      async collect() {
        const lags = await reading.get();
        this.reset();
        for (const { group, topic, lag } of lags?.flat() ?? []) this.set({ group, topic }, lag);
      },
    });
  }
}
