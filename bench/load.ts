import autocannon from 'autocannon';

/** Latencies of a run, in milliseconds. */
export interface Load {
  answered: number;
  seconds: number;
  latencies: number[];
}

/**
 * A closed loop: each of `connections` sends the request again when it was answered, `total` times in all. An answer other
 * than 202 is an error: nothing may be counted that was not accepted.
 */
export async function closedLoop(
  url: string,
  body: string,
  { connections, total }: { connections: number; total: number },
): Promise<Load> {
  const latencies: number[] = [];
  const start = performance.now();
  const options = {
    url,
    method: 'POST' as const,
    headers: { 'content-type': 'application/json' },
    body,
    connections,
    amount: total,
  };
  const run = autocannon(options, () => undefined);
  const wrong: number[] = [];
  // Not at its own end, which it sees once a second only.
  await new Promise((resolve) => {
    run.on('done', resolve);
    run.on('response', (_client, status, _bytes, milliseconds) => {
      if (status !== 202) wrong.push(status);
      if (latencies.push(milliseconds) === total) resolve(undefined);
    });
  });
  const seconds = (performance.now() - start) / 1000;
  if (wrong.length > 0 || latencies.length !== total)
    throw new Error(
      `${total} requests had ${latencies.length} answers, not 202: ${wrong.slice(0, 5).join(', ')}`,
    );
  return { answered: latencies.length, seconds, latencies };
}

/** The value below which a share `p` of the values is. */
export function quantile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? NaN;
}

export function spread(values: readonly number[]): string {
  return `p50 ${quantile(values, 0.5).toFixed(1)} ms, p99 ${quantile(values, 0.99).toFixed(1)} ms`;
}
