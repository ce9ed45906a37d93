import { Inject, Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { topicsToRead } from '../transport/topics-to-read.js';
import { TRANSPORT, type GroupLag, type SubscribeOptions, type Transport } from '../transport/transport.js';
import { Metrics } from './metrics.js';
import { SlowReading } from './slow-reading.js';

/** The injection token of our consumer groups, a `SubscribeOptions[]`, whichever process reads. */
export const CONSUMED_GROUPS = Symbol('ConsumedGroups');

/** How far our consumer groups are behind, for the whole installation. */
@Injectable()
export class LagMetrics {
  constructor(
    metrics: Metrics,
    @Inject(TRANSPORT) transport: Transport,
    @Inject(CONSUMED_GROUPS) groups: readonly SubscribeOptions[],
  ) {
    const reading = new SlowReading(() => Promise.all(groups.map((group) => lagOf(transport, group))), {
      name: 'the consumer lag',
      timeLimit: 3_000,
      keepFor: 10_000,
    });
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

/** How far a group is behind on each of the topics that it reads now. */
export async function lagOf({ topics }: Transport, options: SubscribeOptions): Promise<GroupLag[]> {
  const read = await topicsToRead(topics, options);
  return topics.lag(
    options.group,
    read.map(({ name }) => name),
  );
}
