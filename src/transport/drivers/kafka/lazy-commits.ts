import type { Offsets } from 'kafkajs';

/** How long positions gather before they are committed, and before a commit that failed is tried again, in ms. */
const INTERVAL_MS = 500;
const RETRY_MS = 1_000;

interface Position {
  topic: string;
  partition: number;
  /** The first offset that is not acknowledged. */
  offset: string;
}

/** Sends positions to the group's coordinator. */
export type Commit = (offsets: Offsets) => Promise<void>;

/**
 * Commits positions a little later, those of all partitions in one request: kafkajs would await a request after every
 * batch. What a crash in between loses is delivered again.
 */
export class LazyCommits {
  private positions = new Map<string, Position>();
  private timer: NodeJS.Timeout | null = null;
  private commit: Commit | null = null;

  /** Notes that everything below the position is acknowledged. */
  note(position: Position, commit: Commit): void {
    this.positions.set(`${position.topic}/${position.partition}`, position);
    this.commit = commit;
    this.schedule(INTERVAL_MS);
  }

  /** Commits what has gathered; what fails goes with the next try. Never rejects. */
  async flush(): Promise<void> {
    this.cancel();
    const { positions, commit } = this;
    if (!commit || positions.size === 0) return;
    const later = new Map<string, Position>();
    this.positions = later;
    try {
      await commit(toOffsets([...positions.values()]));
    } catch {
      if (this.positions !== later) return;
      this.positions = new Map([...positions, ...later]);
      this.schedule(RETRY_MS);
    }
  }

  /** Forgets everything: the group gives its partitions out anew, and these positions are no longer ours to commit. */
  discard(): void {
    this.cancel();
    this.positions = new Map();
    this.commit = null;
  }

  private schedule(ms: number): void {
    this.timer ??= setTimeout(() => void this.flush(), ms);
  }

  private cancel(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }
}

function toOffsets(positions: Position[]): Offsets {
  const topics = new Map<string, { partition: number; offset: string }[]>();
  for (const { topic, partition, offset } of positions) {
    topics.set(topic, [...(topics.get(topic) ?? []), { partition, offset }]);
  }
  return { topics: [...topics].map(([topic, partitions]) => ({ topic, partitions })) };
}
