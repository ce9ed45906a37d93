import type { DeliveredRecord } from '../../transport.js';
import type { MemoryTopic } from './memory-topic.js';

/** What a group needs to know of a member. */
export interface MemoryMember {
  reads(topic: string): boolean;
}

/** A consumer group in memory: who is in it, and the committed positions. */
export class MemoryGroup {
  private readonly members: MemoryMember[] = [];
  /** By topic object, so a topic made anew starts from its beginning. */
  private readonly positions = new WeakMap<MemoryTopic, number[]>();

  join(member: MemoryMember): void {
    if (!this.members.includes(member)) this.members.push(member);
  }

  leave(member: MemoryMember): void {
    const index = this.members.indexOf(member);
    if (index >= 0) this.members.splice(index, 1);
  }

  /** The partitions go round among the members that read the topic. */
  owns(member: MemoryMember, topic: MemoryTopic, partition: number): boolean {
    const readers = this.members.filter((reader) => reader.reads(topic.name));
    return readers[partition % readers.length] === member;
  }

  position(topic: MemoryTopic, partition: number): number {
    return this.positions.get(topic)?.[partition] ?? 0;
  }

  /** Moves the position behind the records, unless somebody has moved it since they were handed out. */
  commit(topic: MemoryTopic, partition: number, records: DeliveredRecord[]): void {
    const positions = this.positions.get(topic) ?? [];
    if (this.position(topic, partition) === records[0]?.offset) {
      positions[partition] = records[0].offset + records.length;
    }
    this.positions.set(topic, positions);
  }
}
