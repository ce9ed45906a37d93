import { setTimeout as pause } from 'node:timers/promises';
import { Client, type TaskJson } from '../support/client.js';

/** How many clients submit at once, and how long each rests between two submissions, in milliseconds. */
const CLIENTS = 4;
const REST_MS = 100;

/** Clients that go on submitting, whatever happens to the processes behind the addresses. */
export class Load {
  /** The ids of all tasks that were accepted. */
  readonly accepted: string[] = [];
  /** How often which other answer came; `none` where the connection failed. */
  readonly refused: Record<string, number> = {};
  /** The longest wait for an answer, in milliseconds. */
  slowestMs = 0;
  private stopped = false;
  private readonly clients: Promise<void>[];

  /** Starts at once. Each client stays with one of the addresses. */
  constructor(
    urls: readonly string[],
    private readonly path = '/v1/tasks',
  ) {
    this.clients = Array.from({ length: CLIENTS }, (_, index) =>
      this.run(new Client(urls[index % urls.length] ?? '')),
    );
  }

  /** Resolves when the last answer is there. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.clients);
  }

  private async run(client: Client): Promise<void> {
    for (let n = 0; !this.stopped; n++) {
      const start = performance.now();
      await this.submit(client, n).catch(() => {
        this.refuse('none');
      });
      this.slowestMs = Math.max(this.slowestMs, performance.now() - start);
      await pause(REST_MS);
    }
  }

  private async submit(client: Client, n: number): Promise<void> {
    const response = await client.post(this.path, { payload: { n } });
    const body = (await response.json()) as TaskJson;
    if (response.ok) this.accepted.push(body.id);
    else this.refuse(String(response.status));
  }

  private refuse(answer: string): void {
    this.refused[answer] = (this.refused[answer] ?? 0) + 1;
  }
}
