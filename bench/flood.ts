import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { SECRET, tokenFor } from '../test/support/tokens.js';
import { quantile } from './load.js';
import { submitAtPace, type Pace } from './pace.js';
import { report } from './rest-load.js';
import type { Stage } from './stage.js';

const TASK = JSON.stringify({ payload: { fileUrl: '/data/a.shp', note: 'x'.repeat(400) } });
const BATCH = `{"tasks":[${Array.from({ length: 1_000 }, () => TASK).join(',')}]}`;

/** How one owner floods: each answer brings the next request. */
interface Flood {
  what: string;
  path: string;
  body: string;
  connections: number;
  /** How long its owner may be in debt when it is over, in seconds: the control must not see that. */
  debt: number;
}

/** Of every owner. */
const REQUESTS_PER_SECOND = 100;

const FLOODS: Record<string, Flood> = {
  'flood-64': { what: '64 connections', path: '/v1/tasks', body: TASK, connections: 64, debt: 2 },
  'flood-256': { what: '256 connections', path: '/v1/tasks', body: TASK, connections: 256, debt: 2 },
  'flood-batches': {
    what: 'batches of 1,000 over 16 connections',
    path: '/v1/tasks/batch',
    body: BATCH,
    connections: 16,
    debt: 1_000 / REQUESTS_PER_SECOND + 2,
  },
};

/** The pace of the owner who is measured. */
const PER_SECOND = 80;

/**
 * The phases of a round, in seconds. What a flood begins with is measured for itself: its owner has saved up requests, and
 * connections are made. A phase is long enough for a whole batch to be paid for. The control comes when the flood is over and
 * tells how much two measurements of the same thing differ.
 */
const SECONDS = { alone: 8, beginning: 3, flooded: 10, control: 8 };
const PHASES = ['alone', 'beginning', 'flooded', 'control'] as const;
const ROUNDS = 5;

type Phase = (typeof PHASES)[number];

/** What was seen in one phase, in milliseconds. */
interface Seen {
  latencies: number[];
  /** The longest time in which Taskwire's event loop did not come round: its own share in a delay. */
  blocked: number;
}

/** How much one owner's flood slows another's submissions: the same pace alone, in the flood, and alone again, in turns. */
export const floods: Record<string, (stage: Stage) => Promise<void>> = Object.fromEntries(
  Object.entries(FLOODS).map(([name, flood]) => [name, (stage) => measure(stage, flood)]),
);

async function measure(stage: Stage, flood: Flood): Promise<void> {
  const { url } = await stage.start('all', {
    AUTH: 'jwt',
    JWT_SECRET: SECRET,
    OWNER_REQUESTS_PER_SECOND: String(REQUESTS_PER_SECOND),
  });
  const [calm = '', flooding = ''] = await Promise.all(
    ['calm', 'flooding'].map((owner) => tokenFor(owner, ['client'], { exp: Date.now() })),
  );
  const pace: Pace = { url, token: calm, task: TASK, perSecond: PER_SECOND };
  const see = async (phase: Phase): Promise<Seen> => {
    await blockedSince(url);
    const latencies = await submitAtPace(pace, SECONDS[phase]);
    return { latencies, blocked: await blockedSince(url) };
  };

  let accepted = (await submitAtPace(pace, 2 * SECONDS.alone)).length;
  const answers: Record<string, number> = {};
  const rounds: Record<Phase, Seen>[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const alone = await see('alone');
    const stop = await startFlood([url + flood.path, flooding, String(flood.connections)], flood.body);
    const beginning = await see('beginning');
    const flooded = await see('flooded');
    for (const [status, count] of Object.entries(await stop()))
      answers[status] = (answers[status] ?? 0) + count;
    // The machine stays as warm as it is.
    accepted += (await submitAtPace(pace, flood.debt)).length;
    rounds.push({ alone, beginning, flooded, control: await see('control') });
  }
  for (const round of rounds) for (const phase of PHASES) accepted += round[phase].latencies.length;
  const seen = Object.entries(answers).map(([status, count]) => `${count} × ${status}`);
  report(`a flood over ${flood.what} (${seen.join(', ')}), ${ROUNDS} rounds`, '');
  for (const phase of PHASES) report(`  ${phase}`, told(rounds, phase));
  const [row] = await stage.query<{ count: string }>(`SELECT count(*) FROM tasks WHERE owner = 'calm'`);
  if (Number(row?.count) !== accepted)
    throw new Error(`${accepted} were answered 202, ${row?.count ?? 0} are in the table`);
}

/**
 * Quantiles of all rounds together, and the median of the rounds' own ratios, which one bad round does not change, with the least and
 * the most of them.
 */
function told(rounds: readonly Record<Phase, Seen>[], phase: Phase): string {
  const all = (which: Phase): number[] => rounds.flatMap((round) => round[which].latencies);
  const figures = [0.5, 0.99].map((p) => {
    const value = quantile(all(phase), p);
    const ratios = rounds.map(
      (round) => quantile(round[phase].latencies, p) / quantile(round.alone.latencies, p),
    );
    const ratio = (value / quantile(all('alone'), p)).toFixed(2);
    const [median, least, most] = [quantile(ratios, 0.5), Math.min(...ratios), Math.max(...ratios)];
    const range = `median ${median.toFixed(2)}, ${least.toFixed(2)}–${most.toFixed(2)}`;
    return `p${p * 100} ${value.toFixed(1)} ms` + (phase === 'alone' ? '' : `, ${ratio} × (${range})`);
  });
  const blocked = rounds.map((round) => round[phase].blocked.toFixed(0)).join(', ');
  return `${figures.join('; ')}; event loop blocked for ${blocked} ms at the most; ${all(phase).length} submissions`;
}

/** How long the event loop was blocked at the most since this was asked last, in milliseconds. */
async function blockedSince(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const [, seconds] = /^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(text) ?? [];
  // It is what a timer of 10 ms measures.
  return Math.max(0, Number(seconds) * 1_000 - 10);
}

/** Starts the flood in a process of its own; the function that it gives ends it, and tells what it was answered. */
async function startFlood(args: string[], body: string): Promise<() => Promise<Record<string, number>>> {
  const script = new URL('flooder.ts', import.meta.url).pathname;
  // Elsewhere it would have a machine of its own: here it gets what the others leave.
  const child = spawn('nice', ['-n', '19', process.execPath, '--import', 'tsx', script, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(body);
  const lines = createInterface(child.stdout);
  await once(lines, 'line');
  return async () => {
    const line = once(lines, 'line');
    child.kill('SIGTERM');
    return JSON.parse(String(await line)) as Record<string, number>;
  };
}
