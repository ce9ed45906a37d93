import { setTimeout as pause } from 'node:timers/promises';
import { Taskwire } from '../clients/js/taskwire.js';
import { runWorker } from '../workers/node/worker.mjs';

// `npm run demo`: submits a task every second to the Taskwire at TASKWIRE_URL, and works at them in steps. One in ten
// fails and is retried; one in twenty fails for good. Needs delivery `claim`, which is the default without Kafka.
const url = process.env.TASKWIRE_URL ?? 'http://127.0.0.1:3000';
const STEPS = ['reading', 'parsing', 'computing', 'writing'];

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => stop.abort());

async function work({ payload, attempt }, report, signal) {
  for (const [index, message] of STEPS.entries()) {
    await report({ progress: (100 * index) / STEPS.length, message });
    await pause(200, undefined, { signal });
  }
  if (payload.number % 20 === 7) throw new Error('this one is poison');
  if (payload.number % 10 === 3 && attempt === 1) {
    throw Object.assign(new Error('bad luck; again, please'), { retryable: true });
  }
  return { square: payload.number ** 2 };
}

async function submitForEver() {
  const taskwire = new Taskwire({ url, token: process.env.TASKWIRE_TOKEN });
  for (let number = 1; !stop.signal.aborted; number++) {
    try {
      const { id } = await taskwire.submit({ number });
      console.log(`${id} submitted: the square of ${number}`);
    } catch (error) {
      console.error(`not submitted: ${error.message}`);
    }
    await pause(1000, undefined, { signal: stop.signal }).catch(() => undefined);
  }
}

console.log(`Watch it at ${url}; Ctrl-C ends it.`);
await Promise.all([submitForEver(), runWorker(work, stop.signal)]);
