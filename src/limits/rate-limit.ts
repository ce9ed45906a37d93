interface Bucket {
  left: number;
  /** When that was so, in milliseconds. */
  at: number;
  /** When the next turn is due. */
  turnAt: number;
}

/** How many buckets are kept before the full ones, which say nothing, are thrown away. */
const SWEEP_SIZE = 10_000;

/** What was let in together goes on so many times as fast as the rate, or so many a second if that is more. */
const PACE_FACTOR = 2;
const LEAST_PACE = 100;

/** So many need not wait for a turn after a quiet moment. */
const AT_ONCE = 10;

/**
 * A token bucket for each key: so many in a second, and as many more after a quiet one. What it lets in takes turns, at a pace
 * of its own, so that a second's worth that comes at once is no burst.
 */
export class RateLimit {
  private readonly buckets = new Map<string, Bucket>();
  /** From one turn to the next, in milliseconds. */
  private readonly spacing: number;

  constructor(private readonly perSecond: number) {
    this.spacing = 1000 / Math.max(LEAST_PACE, PACE_FACTOR * perSecond);
  }

  /** Whether one more may come now, on a clock in milliseconds. */
  take(key: string, now: number): boolean {
    if (this.buckets.size >= SWEEP_SIZE) this.sweep(now);
    const bucket = this.buckets.get(key);
    const left = this.left(bucket, now);
    if (left < 1) return false;
    this.buckets.set(key, { left: left - 1, at: now, turnAt: bucket?.turnAt ?? -Infinity });
    return true;
  }

  /** Takes so many more, into debt if need be, which has to be over before anything else may come; not while in debt. */
  takeMore(key: string, count: number, now: number): boolean {
    const bucket = this.buckets.get(key);
    const left = this.left(bucket, now);
    if (left < 0) return false;
    this.buckets.set(key, { left: left - count, at: now, turnAt: bucket?.turnAt ?? -Infinity });
    return true;
  }

  /** How long, in milliseconds, those that were taken have to wait for their turn: so many, together. */
  turn(key: string, count: number, now: number): number {
    const bucket = this.buckets.get(key);
    // Full again, and thrown away: whoever was taken then has waited long enough.
    if (!bucket) return 0;
    const due = Math.max(bucket.turnAt, now - AT_ONCE * this.spacing);
    bucket.turnAt = due + count * this.spacing;
    return Math.max(0, due - now);
  }

  private left(bucket: Bucket | undefined, now: number): number {
    if (!bucket) return this.perSecond;
    return Math.min(this.perSecond, bucket.left + ((now - bucket.at) / 1000) * this.perSecond);
  }

  private sweep(now: number): void {
    for (const [key, bucket] of this.buckets)
      if (this.left(bucket, now) >= this.perSecond) this.buckets.delete(key);
  }
}
