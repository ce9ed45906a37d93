import { grown } from '../contenders/grown.js';
import type { Entrant } from '../entrant.js';
import { ofWarm, type Figures, type Scenario } from '../scenario.js';
import type { Servers } from '../servers.js';

const IN_FLIGHT = 128;
const READS = 200;

/** What becomes of rates and reads as the tables grow. */
export const growth: Scenario = byNumber([10_000, 100_000, 1_000_000]);

/** The same with so many that they do not fit into the memory of PostgreSQL; needs 20 GB and half an hour. */
export const largeGrowth: Scenario = byNumber([10_000, 10_000_000]);

function byNumber(sizes: readonly number[]): Scenario {
  return {
    title: `Complete tasks a second with ${IN_FLIGHT} under way, and reads (p99 in milliseconds), by the tasks in the tables`,
    plotted: 'tasks/s',
    contenders: sizes.map(grown),
    enter: ofWarm(true, (entrant, { seconds }, servers) => async () => {
      const rate = await complete(entrant, seconds);
      const held = await whileHeld(servers, () => complete(entrant, seconds));
      await entrant.audit();
      return {
        'tasks/s': rate,
        'tasks/s, a transaction held open': held,
        ...(await reads(entrant, servers)),
      };
    }),
  };
}

async function complete(entrant: Entrant, seconds: number): Promise<number> {
  const outcome = await entrant.load({ kind: 'in-flight', tasks: IN_FLIGHT, seconds });
  return outcome.accepted / outcome.seconds;
}

/** With a snapshot that keeps everything that dies meanwhile from being cleared away. */
async function whileHeld<T>({ query }: Servers, work: () => Promise<T>): Promise<T> {
  await query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await query('SELECT count(*) FROM pg_class');
  try {
    return await work();
  } finally {
    await query('COMMIT');
  }
}

async function reads({ running }: Entrant, { query }: Servers): Promise<Figures> {
  const { url } = running.target;
  const ids = await query<{ id: string }>(
    `SELECT id FROM (SELECT id FROM tasks ORDER BY id LIMIT 10000) AS old ORDER BY random() LIMIT ${READS}`,
    running.databaseUrl,
  );
  const times = Array<string>(READS);
  return {
    list: await p99(times.fill(`${url}/v1/tasks`)),
    'list of failed': await p99(times.fill(`${url}/v1/tasks?status=failed`)),
    get: await p99(ids.map(({ id }) => `${url}/v1/tasks/${id}`)),
  };
}

/** One after the other. */
async function p99(urls: readonly string[]): Promise<number> {
  const times: number[] = [];
  for (const url of urls) {
    const start = performance.now();
    const response = await fetch(url);
    await response.text();
    if (!response.ok) throw new Error(`${url} was answered ${response.status}`);
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? NaN;
}
