import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CONSUMED_GROUPS, lagOf } from '../observability/lag-metrics.js';
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
    const [lags, letters] = await Promise.all([
      Promise.all(this.groups.map((group) => lagOf(this.transport, group))),
      this.dataSource.query<{ topic: string; count: number }[]>(OPEN_LETTERS),
    ]);
    const names = this.namesWith(lags.flat().map(({ topic }) => topic));
    const described = await this.transport.topics.describe(names);
    const partitions = new Map(described.map((topic) => [topic.name, topic.partitions]));
    const openLetters = new Map(letters.map(({ topic, count }) => [topic, count]));
    return names.map((name) => ({
      name,
      partitions: partitions.get(name) ?? null,
      lag: lags.flat().flatMap(({ group, topic, lag }) => (topic === name ? [{ group, lag }] : [])),
      openDeadLetters: openLetters.get(name) ?? 0,
    }));
  }

  /** Those of the tasks, those that are read beside them by name, and those that were found by a pattern. */
  private namesWith(found: string[]): string[] {
    const ofTasks = [
      ...this.taskTypes.requestTopics(),
      ...this.taskTypes.resultTopics(),
      ...this.taskTypes.deadLetterTopics(),
    ].map(({ name }) => name);
    return [...new Set([...ofTasks, ...this.groups.flatMap(({ topics }) => topics), ...found])];
  }
}
