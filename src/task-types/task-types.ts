import type { TopicSpec } from '../transport/transport.js';
import type { Delivery, TaskType } from './task-type.js';

/** All task types of this installation, fixed at the start; also the injection token. */
export class TaskTypes {
  private readonly byName: ReadonlyMap<string, TaskType>;
  private readonly fallback: TaskType;

  constructor(types: readonly TaskType[]) {
    this.byName = new Map(types.map((type) => [type.name, type]));
    const fallback = this.byName.get('default');
    if (!fallback) throw new Error('the task types have no default');
    this.fallback = fallback;
  }

  get(name: string): TaskType | undefined {
    return this.byName.get(name);
  }

  /** The rules for tasks of this type; those of a type that the file no longer has end by the rules of `default`. */
  orDefault(name: string): TaskType {
    return this.byName.get(name) ?? this.fallback;
  }

  all(): readonly TaskType[] {
    return [...this.byName.values()];
  }

  /** Those whose tasks reach workers in this way. */
  byDelivery(delivery: Delivery): TaskType[] {
    return this.all().filter((type) => type.delivery === delivery);
  }

  /** Where requests go out. */
  requestTopics(): TopicSpec[] {
    return topics(this.byDelivery('topic'), 'requestTopic');
  }

  /** Where answers come in. */
  resultTopics(): TopicSpec[] {
    return topics(this.byDelivery('topic'), 'resultTopic');
  }

  /** Where what cannot be processed is kept: one for each request and result topic. */
  deadLetterTopics(): TopicSpec[] {
    return [...this.requestTopics(), ...this.resultTopics()].map(({ name, partitions }) => ({
      name: `${name}-dlq`,
      partitions,
    }));
  }

  /** The types whose answers come in on this topic. */
  namesByResultTopic(topic: string): string[] {
    return this.names((type) => type.resultTopic === topic);
  }

  /** The types whose requests go out on this topic. */
  namesByRequestTopic(topic: string): string[] {
    return this.names((type) => type.requestTopic === topic);
  }

  private names(matches: (type: TaskType) => boolean): string[] {
    return this.byDelivery('topic')
      .filter(matches)
      .map((type) => type.name);
  }
}

/** Each topic once; where types that share it want different numbers of partitions, the largest. */
function topics(types: readonly TaskType[], which: 'requestTopic' | 'resultTopic'): TopicSpec[] {
  const partitions = new Map<string, number>();
  for (const type of types) {
    partitions.set(type[which], Math.max(type.partitions, partitions.get(type[which]) ?? 0));
  }
  return [...partitions].map(([name, count]) => ({ name, partitions: count }));
}
