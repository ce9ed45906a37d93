import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { SECRET, tokenFor } from '../test/support/tokens.js';
import { quantile } from './load.js';
import { report } from './rest-load.js';
import type { Stage } from './stage.js';

const TASK = JSON.stringify({ payload: { fileUrl: '/data/a.shp', note: 'x'.repeat(400) } });
const BATCH = `{"tasks":[${Array.from({ length: 1_000 }, () => TASK).join(',')}]}`;

/** How the other owner floods; each answer brings the next request. */
const FLOODS = [
  { what: '64 connections', path: '/v1/tasks', body: TASK, connections: 64 },
  { what: '256 connections', path: '/v1/tasks', body: TASK, connections: 256 },
  { what: 'batches of 1,000 over 16 connections', path: '/v1/tasks/batch', body: BATCH, connections: 16 },
];

/** Of every owner. */
const REQUESTS_PER_SECOND = 100;

/** The pace of the owner who is measured: a second's submissions give a p99 that one hiccup does not make. */
const PER_SECOND = 80;

/** How long a phase is measured, in seconds. */
const PHASE_SECONDS = 15;

/** What a flood begins with is measured for itself: its owner's first second of requests comes at once. */
const BEGINNING_SECONDS = 3;
const ROUNDS = 3;

/** So long a batch is paid for: the next phase must not see the last one's debt. In milliseconds. */
const REST = 12_000;

/** What one round gave: latencies in milliseconds. */
interface Round {
  alone: number[];
  /** Alone once more: how much two measurements of the same thing differ. */
  control: number[];
  beginning: number[];
  flooded: number[];
}

/** How much one owner's flood slows another's submissions: the same pace alone and in the flood, in turns. */
export async function flood(stage: Stage): Promise<void> {
  const { url } = await stage.start('all', {
    AUTH: 'jwt',
    JWT_SECRET: SECRET,
    OWNER_REQUESTS_PER_SECOND: String(REQUESTS_PER_SECOND),
  });
  const [calm = '', flooding = ''] = await Promise.all(
    ['calm', 'flooding'].map((owner) => tokenFor(owner, ['client'], { exp: Date.now() })),
  );
  let accepted = (await pace(url, calm, PHASE_SECONDS)).length;
  for (const { what, path, body, connections } of FLOODS) {
    const answers: Record<string, number> = {};
    const rounds: Round[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const alone = await pace(url, calm, PHASE_SECONDS);
      const control = await pace(url, calm, PHASE_SECONDS);
      const stop = await startFlood([url + path, flooding, String(connections)], body);
      const beginning = await pace(url, calm, BEGINNING_SECONDS);
      const flooded = await pace(url, calm, PHASE_SECONDS);
      for (const [status, count] of Object.entries(await stop()))
        answers[status] = (answers[status] ?? 0) + count;
      rounds.push({ alone, control, beginning, flooded });
      await sleep(REST);
    }
    for (const { alone, control, beginning, flooded } of rounds)
      accepted += alone.length + control.length + beginning.length + flooded.length;
    const seen = Object.entries(answers).map(([status, count]) => `${count} × ${status}`);
    report(`a flood over ${what} (${seen.join(', ')})`, told(rounds));
  }
  const [row] = await stage.query<{ count: string }>(`SELECT count(*) FROM tasks WHERE owner = 'calm'`);
  if (Number(row?.count) !== accepted)
    throw new Error(`${accepted} were answered 202, ${row?.count ?? 0} are in the table`);
}

/** Medians of the rounds, and of each round's own ratio. */
function told(rounds: readonly Round[]): string {
  const median = (of: (round: Round) => number): number => quantile(rounds.map(of), 0.5);
  const ratios = (p: number, key: keyof Round): string => {
    const all = rounds.map((round) => quantile(round[key], p) / quantile(round.alone, p));
    return `${quantile(all, 0.5).toFixed(2)} × (${Math.min(...all).toFixed(2)}–${Math.max(...all).toFixed(2)})`;
  };
  const line = (p: number): string =>
    `p${p * 100} ${median(({ alone }) => quantile(alone, p)).toFixed(1)} → ` +
    `${median(({ flooded }) => quantile(flooded, p)).toFixed(1)} ms: ${ratios(p, 'flooded')}, ` +
    `its beginning ${ratios(p, 'beginning')}, without a flood ${ratios(p, 'control')}`;
  return `${line(0.5)}; ${line(0.99)}`;
}

/** Submits at a steady pace, whatever the answers do; how long each took from when it was due. All have to be accepted. */
async function pace(url: string, token: string, seconds: number): Promise<number[]> {
  const agent = new http.Agent({ keepAlive: true });
  const start = performance.now();
  const answers: Promise<number>[] = [];
  for (let index = 0; index < PER_SECOND * seconds; index++) {
    const due = start + (index * 1_000) / PER_SECOND;
    await sleep(Math.max(0, due - performance.now()));
    const answer = submitAt(url, token, agent).then((end) => end - due);
    // It is awaited later.
    answer.catch(() => undefined);
    answers.push(answer);
  }
  const latencies = await Promise.all(answers);
  agent.destroy();
  return latencies;
}

/** When the answer was there. */
function submitAt(url: string, token: string, agent: http.Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(TASK),
      authorization: `Bearer ${token}`,
    };
    const request = http.request(`${url}/v1/tasks`, { method: 'POST', agent, headers }, (response) => {
      response.resume().on('end', () => {
        if (response.statusCode === 202) resolve(performance.now());
        else reject(new Error(`a submission was answered ${response.statusCode ?? 0}`));
      });
    });
    request.on('error', reject).end(TASK);
  });
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
