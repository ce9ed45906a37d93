import { Kafka, logLevel, type Admin } from 'kafkajs';
import { eventually } from '../support/eventually.js';
import { PATIENCE } from './installation.js';

/** What the broker says about consumer groups. */
export class ConsumerGroups {
  private constructor(private readonly admin: Admin) {}

  static async connect(brokers: string): Promise<ConsumerGroups> {
    const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    return new ConsumerGroups(admin);
  }

  /** How many records of a topic are below a group's committed offsets, all partitions together. */
  async committed(groupId: string, topic: string): Promise<number> {
    const [offsets] = await this.admin.fetchOffsets({ groupId, topics: [topic] });
    const committed = offsets?.partitions.map(({ offset }) => Math.max(0, Number(offset))) ?? [];
    return committed.reduce((sum, offset) => sum + offset, 0);
  }

  /** Resolves when a group is at rest with so many members. */
  async expectMembers(groupId: string, count: number): Promise<void> {
    await eventually(
      async () => {
        const [group] = (await this.admin.describeGroups([groupId])).groups;
        expect([group?.state, group?.members.length]).toEqual(['Stable', count]);
      },
      { ...PATIENCE, intervalMs: 200 },
    );
  }

  close(): Promise<void> {
    return this.admin.disconnect();
  }
}
