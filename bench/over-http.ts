import { ComputeWorker } from '../test/support/compute-worker.js';
import { spread } from './load.js';
import { rate, report, roundTrips, submit, until } from './rest-load.js';
import type { Stage } from './stage.js';

const WORKERS = 8;
const WARM_UP = 1_000;
const NO_KAFKA = { KAFKA_BROKERS: '' };

/** Delivery `claim` on a PostgreSQL server. */
export async function claims(stage: Stage): Promise<void> {
  const { url } = await stage.start('all', NO_KAFKA);
  await measure('on a PostgreSQL server', url);
}

/** The same with the embedded database. */
export async function embedded(stage: Stage): Promise<void> {
  const { url } = await stage.start('all', {
    ...NO_KAFKA,
    DATABASE_URL: '',
    DATA_DIR: `${stage.folder}/data`,
  });
  await measure('embedded', url);
}

/** Submissions, complete tasks and round trips, audited by what the workers were told: each task applied once. */
async function measure(where: string, url: string): Promise<void> {
  const crew = new Crew(url);
  crew.work(WORKERS);
  let accepted = (await submit(url, WARM_UP)).answered;
  await until(() => Promise.resolve(crew.applied === accepted));
  await crew.stop();

  for (const [connections, total] of [
    [1, 1_000],
    [64, 5_000],
  ] as const) {
    const { answered, seconds, latencies } = await submit(url, total, connections);
    accepted += answered;
    report(
      `${where}, submissions at ${connections} connections`,
      `${rate(answered, seconds)}/s, ${spread(latencies)}`,
    );
  }
  const backlog = accepted - crew.applied;
  const start = performance.now();
  crew.work(WORKERS);
  await until(() => Promise.resolve(crew.applied === accepted));
  const seconds = (performance.now() - start) / 1000;
  report(
    `${where}, complete tasks of a backlog, ${WORKERS} workers, one task a claim`,
    `${rate(backlog, seconds)}/s`,
  );
  report(`${where}, POST to socket event, unloaded, 1,000 tasks`, spread(await roundTrips(url)));
  await crew.stop();
}

/** Workers that answer at once. */
class Crew {
  /** Results that counted. */
  applied = 0;
  private stopping = new AbortController();
  private loops: Promise<void>[] = [];

  constructor(private readonly url: string) {}

  work(workers: number): void {
    this.stopping = new AbortController();
    this.loops = Array.from({ length: workers }, () => this.loop(this.stopping.signal));
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.loops);
  }

  private async loop(signal: AbortSignal): Promise<void> {
    const worker = new ComputeWorker(this.url);
    while (!signal.aborted) {
      for (const { taskId, attempt } of await worker.claim({ waitSeconds: 1 })) {
        const [item] = await worker.answer({ taskId, attempt, status: 'DONE', vector: [0.1, 0.2, 0.3] });
        if (item?.outcome !== 'applied') throw new Error(`a result was ${item?.outcome ?? 'lost'}`);
        this.applied++;
      }
    }
  }
}
