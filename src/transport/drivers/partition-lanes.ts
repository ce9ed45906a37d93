import { PartitionLane } from './partition-lane.js';

/** The lanes of one subscription, one for each partition that it ever read; they outlive its consumers. */
export class PartitionLanes {
  private readonly lanes = new Map<string, PartitionLane>();

  /** @param closing ends back-offs early. */
  constructor(private readonly closing: AbortSignal) {}

  of(topic: string, partition: number): PartitionLane {
    const key = `${topic}/${partition}`;
    const lane = this.lanes.get(key) ?? new PartitionLane(this.closing);
    this.lanes.set(key, lane);
    return lane;
  }

  /** Resolves when no handler works. */
  async quiet(): Promise<void> {
    await Promise.all([...this.lanes.values()].map((lane) => lane.quiet()));
  }
}
