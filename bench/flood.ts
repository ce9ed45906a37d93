import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { SECRET, tokenFor } from '../test/support/tokens.js';
import { quantile } from './load.js';
import { submitAtPace, type Pace } from './pace.js';
import { report, until } from './rest-load.js';
import { NODE_OPTIONS, type Stage } from './stage.js';

const TASK = JSON.stringify({ payload: { fileUrl: '/data/a.shp', note: 'x'.repeat(400) } });
const BATCH = `{"tasks":[${Array.from({ length: 1_000 }, () => TASK).join(',')}]}`;

/** How one owner floods: each answer brings the next request. */
interface Flood {
  what: string;
  path: string;
  body: string;
  connections: number;
  /** How long what was let in may go on when it is over, in seconds: the control must not see that. */
  afterwards: number;
}

/** Of every owner: twice what those send who are measured. */
const REQUESTS_PER_SECOND = 10;

const FLOODS: Record<string, Flood> = {
  'flood-64': { what: '64 connections', path: '/v1/tasks', body: TASK, connections: 64, afterwards: 2 },
  'flood-256': { what: '256 connections', path: '/v1/tasks', body: TASK, connections: 256, afterwards: 2 },
  'flood-batches': {
    what: 'batches of 1,000 over 16 connections',
    path: '/v1/tasks/batch',
    body: BATCH,
    connections: 16,
    afterwards: 12,
  },
};

/** The pace of those who are measured, all together. */
const PER_SECOND = 80;
const CALM = Array.from({ length: 16 }, (_, index) => `calm-${index}`);

/**
 * The phases of a round, in seconds. What a flood begins with is measured for itself: its owner has saved up requests, and
 * connections are made. A phase is long enough for a whole batch to be paid for. The control comes when the flood is over and
 * tells how much two measurements of the same thing differ.
 */
const SECONDS = { alone: 8, beginning: 3, flooded: 10, control: 8 };
const PHASES = ['alone', 'beginning', 'flooded', 'control'] as const;
const ROUNDS = 4;

const WITHOUT: readonly Phase[] = ['alone', 'control'];
const WITH: readonly Phase[] = ['beginning', 'flooded'];

type Phase = (typeof PHASES)[number];
type Round = Record<Phase, Seen>;

/** What was seen in one phase, in milliseconds. */
interface Seen {
  latencies: number[];
  /** For how long Taskwire's event loop was blocked at the most by its own work: its share in a delay. */
  blocked: number;
}

/** How much one owner's flood slows another's submissions: the same pace alone, in the flood, and alone again, in turns. */
export const floods: Record<string, (stage: Stage) => Promise<void>> = Object.fromEntries(
  Object.entries(FLOODS).map(([name, flood]) => [name, (stage) => measure(stage, flood)]),
);

async function measure(stage: Stage, flood: Flood): Promise<void> {
  const blocked = new Blocked(stage.folder);
  const taskwire = await stage.start('all', {
    ...blocked.env,
    AUTH: 'jwt',
    JWT_SECRET: SECRET,
    OWNER_REQUESTS_PER_SECOND: String(REQUESTS_PER_SECOND),
  });
  const tokenOf = (owner: string): Promise<string> => tokenFor(owner, ['client'], { exp: Date.now() });
  const tokens = await Promise.all(CALM.map(tokenOf));
  const { url } = taskwire;
  const pace: Pace = { url, tokens, task: TASK, perSecond: PER_SECOND };
  const see = async (phase: Phase): Promise<Seen> => {
    await blocked.since(taskwire);
    const latencies = await submitAtPace(pace, SECONDS[phase]);
    return { latencies, blocked: await blocked.since(taskwire) };
  };

  let accepted = (await submitAtPace(pace, SECONDS.alone)).length;
  const answers: Record<string, number> = {};
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const alone = await see('alone');
    // An owner is in debt for a batch, and the next round needs one who is not.
    const flooding = await tokenOf(`flooding-${round}`);
    const stop = await startFlood([`${url}${flood.path}`, flooding, String(flood.connections)], flood.body);
    const beginning = await see('beginning');
    const flooded = await see('flooded');
    for (const [status, count] of Object.entries(await stop()))
      answers[status] = (answers[status] ?? 0) + count;
    // The machine stays as warm as it is.
    accepted += (await submitAtPace(pace, flood.afterwards)).length;
    rounds.push({ alone, beginning, flooded, control: await see('control') });
  }
  for (const round of rounds) for (const phase of PHASES) accepted += round[phase].latencies.length;
  const seen = Object.entries(answers).map(([status, count]) => `${count} × ${status}`);
  report(`a flood over ${flood.what} (${seen.join(', ')}), ${ROUNDS} rounds`, '');
  for (const phase of PHASES) report(`  ${phase}`, told(rounds, [phase], ['alone']));
  report('  without it (alone and control)', told(rounds, WITHOUT, WITHOUT));
  report('  with it (beginning and flooded)', told(rounds, WITH, WITHOUT));
  const [row] = await stage.query<{ count: string }>(`SELECT count(*) FROM tasks WHERE owner LIKE 'calm-%'`);
  if (Number(row?.count) !== accepted)
    throw new Error(`${accepted} were answered 202, ${row?.count ?? 0} are in the table`);
}

/**
 * Quantiles of all rounds together, and the median of the rounds' own ratios to others, which one bad round does not change, with the
 * least and the most of them.
 */
function told(rounds: readonly Round[], phases: readonly Phase[], others: readonly Phase[]): string {
  const within = (round: Round, which: readonly Phase[]): number[] =>
    which.flatMap((one) => round[one].latencies);
  const all = (which: readonly Phase[]): number[] => rounds.flatMap((round) => within(round, which));
  const figures = [0.5, 0.99].map((p) => {
    const value = quantile(all(phases), p);
    const ratios = rounds.map(
      (round) => quantile(within(round, phases), p) / quantile(within(round, others), p),
    );
    const ratio = (value / quantile(all(others), p)).toFixed(2);
    const [median, least, most] = [quantile(ratios, 0.5), Math.min(...ratios), Math.max(...ratios)];
    return `p${p * 100} ${value.toFixed(1)} ms, ${ratio} × (median ${median.toFixed(2)}, ${least.toFixed(2)}–${most.toFixed(2)})`;
  });
  const blocked = rounds.map((round) => Math.max(...phases.map((one) => round[one].blocked)).toFixed(1));
  return `${figures.join('; ')}; blocked for ${blocked.join(', ')} ms at the most; ${all(phases).length} submissions`;
}

/** What `blocked.mjs` tells of Taskwire since it was asked last, in milliseconds. */
class Blocked {
  private readonly file: string;
  readonly env: Record<string, string>;

  constructor(folder: string) {
    this.file = path.join(folder, 'blocked');
    const probe = new URL('blocked.mjs', import.meta.url).href;
    this.env = { BLOCKED_FILE: this.file, NODE_OPTIONS: `${NODE_OPTIONS} --import ${probe}` };
  }

  async since(taskwire: { signal(signal: NodeJS.Signals): void }): Promise<number> {
    taskwire.signal('SIGUSR2');
    await until(() => Promise.resolve(existsSync(this.file)));
    const text = await readFile(this.file, 'utf8');
    await rm(this.file);
    return Number(text);
  }
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
