interface Bucket {
  left: number;
  /** When that was so, in milliseconds. */
  at: number;
}

/** How many buckets are kept before the full ones, which say nothing, are thrown away. */
const SWEEP_SIZE = 10_000;

/** A token bucket for each key: so many in a second, and as many at once after a quiet one. */
export class RateLimit {
  private readonly buckets = new Map<string, Bucket>();

  constructor(private readonly perSecond: number) {}

  /** Whether one more may come now, on a clock in milliseconds. */
  take(key: string, now: number): boolean {
    if (this.buckets.size >= SWEEP_SIZE) this.sweep(now);
    const left = this.left(this.buckets.get(key), now);
    if (left < 1) return false;
    this.buckets.set(key, { left: left - 1, at: now });
    return true;
  }

  /** Takes so many more, into debt if need be, which has to be over before anything else may come; not while in debt. */
  takeMore(key: string, count: number, now: number): boolean {
    const left = this.left(this.buckets.get(key), now);
    if (left < 0) return false;
    this.buckets.set(key, { left: left - count, at: now });
    return true;
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
