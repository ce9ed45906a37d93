/** Latencies of a run, in milliseconds. */
export interface Load {
  answered: number;
  seconds: number;
  latencies: number[];
}

/** A closed loop: each of `connections` sends its next request when the last was answered, until the time is up. */
export async function closedLoop(
  connections: number,
  seconds: number,
  request: () => Promise<void>,
): Promise<Load> {
  const start = performance.now();
  const end = start + seconds * 1000;
  const latencies: number[] = [];
  const loop = async (): Promise<void> => {
    while (performance.now() < end) {
      const sent = performance.now();
      await request();
      latencies.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: connections }, loop));
  return { answered: latencies.length, seconds: (performance.now() - start) / 1000, latencies };
}

/** The value below which a share `p` of the values is. */
export function quantile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? NaN;
}

export function spread(values: readonly number[]): string {
  return `p50 ${quantile(values, 0.5).toFixed(1)} ms, p99 ${quantile(values, 0.99).toFixed(1)} ms`;
}
