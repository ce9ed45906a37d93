import { setTimeout as sleep } from 'node:timers/promises';
import { readFile } from 'node:fs/promises';
import { Kafka, logLevel } from 'kafkajs';
import { sharedServices } from '../test/support/services.js';
import type { Stage } from './stage.js';

const LETTERS = 100_000;
const CAUSES = 6;
const RATE = 5_000;
const BATCH = 1_000;

/** Six causes with varying particulars, 100,000 letters: read, listed by cause and by page, and sent again. */
export async function deadLetters(stage: Stage): Promise<void> {
  const taskwire = await stage.start('all', { DLQ_TOPICS: `${stage.requestTopic}-orders` });
  const kafka = new Kafka({ brokers: [sharedServices().brokers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const topic = `${stage.requestTopic}-orders`;
  const original = `${stage.requestTopic}-orders-origin`;
  await admin.createTopics({ topics: [topic, original].map((name) => ({ topic: name, numPartitions: 3 })) });
  await admin.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  const readStart = performance.now();
  for (let from = 0; from < LETTERS; from += BATCH) {
    const messages = Array.from({ length: BATCH }, (_, n) => ({ value: letter(original, from + n) }));
    await producer.send({ topic, messages });
  }
  await producer.disconnect();
  await until(async () => (await count(stage, 'true')) === LETTERS);
  report('letters read', `${LETTERS} in ${seconds(readStart)} s`);
  await stage.query('ANALYZE dead_letters');
  const groups = await timed(`${taskwire.url}/v1/dead-letters/groups`);
  const { items } = JSON.parse(groups.text) as { items: { count: number }[] };
  if (items.length !== CAUSES) throw new Error(`${items.length} groups of ${CAUSES} causes`);
  report('list of causes', groups.ms);
  report('a page of letters', (await timed(`${taskwire.url}/v1/dead-letters?topic=${original}&limit=50`)).ms);

  const start = performance.now();
  const body = JSON.stringify({ filter: { topic: original }, ratePerSecond: RATE });
  const init = { method: 'POST', body, headers: { 'content-type': 'application/json' } };
  const { id } = (await (await fetch(`${taskwire.url}/v1/redrives`, init)).json()) as { id: string };
  const memory: number[] = [];
  await until(async () => {
    memory.push(await residentMegabytes(taskwire.pid));
    return (
      ((await (await fetch(`${taskwire.url}/v1/redrives/${id}`)).json()) as { status: string }).status ===
      'done'
    );
  });
  const took = seconds(start);
  const sent = await stage.recordsOn(original);
  const closed = await count(stage, `status = 'redriven'`);
  if (sent !== LETTERS || closed !== LETTERS)
    throw new Error(`${sent} records and ${closed} closed letters of ${LETTERS}`);
  const [first = NaN, half = NaN] = [memory[0], memory[Math.floor(memory.length / 2)]];
  report(
    `redrive of all, at most ${RATE}/s`,
    `${took} s; resident ${first} MB at first, ${half} half way, ${memory.at(-1) ?? NaN} at the end`,
  );
}

function letter(topic: string, n: number): string {
  const cause = n % CAUSES;
  return JSON.stringify({
    original: {
      topic,
      partition: 0,
      offset: n,
      key: `k${n}`,
      value: JSON.stringify({ orderId: n, note: 'x'.repeat(500) }),
    },
    error: {
      type: `Error${cause}`,
      message: `order ${n} of 'user-${n}' at 10.0.${n % 250}.7 failed after ${n % 97} ms`,
    },
  });
}

async function count(stage: Stage, where: string): Promise<number> {
  const [row] = await stage.query<{ count: number }>(
    `SELECT count(*)::integer AS count FROM dead_letters WHERE ${where}`,
  );
  return row?.count ?? NaN;
}

/** The median of five. */
async function timed(url: string): Promise<{ text: string; ms: string }> {
  const times: number[] = [];
  let text = '';
  for (let run = 0; run < 5; run++) {
    const start = performance.now();
    text = await (await fetch(url)).text();
    times.push(performance.now() - start);
  }
  return { text, ms: `${(times.sort((a, b) => a - b)[2] ?? NaN).toFixed(0)} ms` };
}

async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

async function until(done: () => Promise<boolean>): Promise<void> {
  while (!(await done())) await sleep(500);
}

const seconds = (start: number): string => ((performance.now() - start) / 1000).toFixed(1);

function report(what: string, figure: string): void {
  process.stdout.write(`${what}: ${figure}\n`);
}
