import { Rest, type Answer } from './rest.js';

/** A claim as REST shows it. */
export interface ClaimJson {
  taskId: string;
  attempt: number;
  type: string;
  payload: unknown;
  leaseExpiresAt: string;
  expiresAt: string;
}

/** What became of a result or a release. */
export interface OutcomeJson {
  index: number;
  outcome: 'applied' | 'ignored' | 'rejected';
  reason?: string;
  error?: { code: string; detail: string };
}

type Items<T> = Answer<{ items: T[] }>;

/** A compute worker that speaks HTTP. */
export class ComputeWorker {
  private readonly rest: Rest;

  constructor(private readonly url: string) {
    this.rest = new Rest(url);
  }

  /** Claims tasks, and gives what it has got. */
  async claim(body: object = {}): Promise<ClaimJson[]> {
    const { status, text, json } = await this.tryClaim(body);
    if (status !== 200) throw new Error(`${status} ${text}`);
    return json.items;
  }

  tryClaim(body: object | string): Promise<Items<ClaimJson>> {
    return this.rest.post('/v1/claims', body);
  }

  /** Claims with a connection that it drops when the signal says so. */
  async claimUntil(signal: AbortSignal, body: object): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    await fetch(`${this.url}/v1/claims`, {
      method: 'POST',
      headers,
      signal,
      body: JSON.stringify(body),
    }).catch(() => undefined);
  }

  /** Gives claims back. */
  async release(...items: { taskId: string; attempt: number }[]): Promise<OutcomeJson[]> {
    const { json } = await this.rest.post<{ items: OutcomeJson[] }>('/v1/claims/release', { items });
    return json.items;
  }

  /** Sends results; text goes out as it is. */
  async answer(body: object | string): Promise<OutcomeJson[]> {
    const { status, text, json } = await this.tryAnswer(body);
    if (status !== 200) throw new Error(`${status} ${text}`);
    return json.items;
  }

  tryAnswer(body: object | string): Promise<Items<OutcomeJson>> {
    return this.rest.post('/v1/results', body);
  }
}
