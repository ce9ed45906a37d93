import { PartitionLane } from './partition-lane.js';
import { pause } from './pause.js';

const QUIET_TIMEOUT_MS = 30_000;

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

  /** Resolves with true when no handler works, or with false when one still does after half a minute. */
  async quiet(): Promise<boolean> {
    const grace = new AbortController();
    const over = pause(QUIET_TIMEOUT_MS, grace.signal).then(() => false);
    const quiet = Promise.all([...this.lanes.values()].map((lane) => lane.quiet())).then(() => true);
    const answer = await Promise.race([quiet, over]);
    grace.abort();
    return answer;
  }
}
