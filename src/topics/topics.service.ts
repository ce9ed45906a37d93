import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CONSUMED_GROUPS } from '../observability/lag-metrics.js';
import { TaskTypes } from '../task-types/task-types.js';
import { TRANSPORT, type SubscribeOptions, type Transport } from '../transport/transport.js';
import type { TopicResponse } from './topic.dto.js';

const OPEN_LETTERS = `SELECT topic, count(*) AS count FROM dead_letters WHERE status = 'open' GROUP BY topic`;

/** What operators want to know of the topics: how large, how far behind, how many dead letters. */
@Injectable()
export class TopicsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly taskTypes: TaskTypes,
    @Inject(TRANSPORT) private readonly transport: Transport,
    @Inject(CONSUMED_GROUPS) private readonly groups: readonly SubscribeOptions[],
  ) {}

  /** Every topic of the installation. @throws TransportUnavailableError */
  async list(): Promise<TopicResponse[]> {
    const names = [
      ...this.taskTypes.requestTopics(),
      ...this.taskTypes.resultTopics(),
      ...this.taskTypes.deadLetterTopics(),
    ].map(({ name }) => name);
    const [described, lags, letters] = await Promise.all([
      this.transport.topics.describe(names),
      Promise.all(this.groups.map(({ group, topics }) => this.transport.topics.lag(group, topics))),
      this.dataSource.query<{ topic: string; count: number }[]>(OPEN_LETTERS),
    ]);
    const partitions = new Map(described.map((topic) => [topic.name, topic.partitions]));
    const openLetters = new Map(letters.map(({ topic, count }) => [topic, count]));
    return names.map((name) => ({
      name,
      partitions: partitions.get(name) ?? null,
      lag: lags.flat().flatMap(({ group, topic, lag }) => (topic === name ? [{ group, lag }] : [])),
      openDeadLetters: openLetters.get(name) ?? 0,
    }));
  }
}
