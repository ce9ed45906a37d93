// A compute worker over HTTP, without dependencies (Node >= 20). Put your own work into `work` below, and run
// `TASKWIRE_URL=http://127.0.0.1:3000 node worker.mjs`; TASKWIRE_TOKEN is needed where Taskwire asks for one.
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const {
  TASKWIRE_URL = 'http://127.0.0.1:3000',
  TASKWIRE_TOKEN,
  TASK_TYPES,
  LEASE_SECONDS = '60',
} = process.env;
const leaseSeconds = Number(LEASE_SECONDS);

/** What to do: gives the result's fields, or throws; `retryable: true` on the error asks for another attempt. */
async function work({ payload }, report, signal) {
  await report({ progress: 50, message: 'half way' });
  await pause(1000 * (payload.seconds ?? 0), undefined, { signal });
  return { echo: payload };
}

/** Posts until there is an answer; when the worker is to stop, only once. */
async function post(stop, path, body, interrupt = []) {
  const headers = {
    'content-type': 'application/json',
    ...(TASKWIRE_TOKEN && { authorization: `Bearer ${TASKWIRE_TOKEN}` }),
  };
  for (;;) {
    const signal = AbortSignal.any([AbortSignal.timeout(40_000), ...interrupt]);
    const request = { method: 'POST', headers, body: JSON.stringify(body), signal };
    const response = await fetch(TASKWIRE_URL + path, request).catch(() => null);
    if (response?.ok) return response.json();
    const passes = !response || response.status >= 500 || response.status === 429;
    if (!passes) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    if (stop.aborted) throw new Error('stopped');
    await pause(1000, undefined, { signal: stop }).catch(() => undefined);
  }
}

/** Does one claimed task, and renews its lease meanwhile. */
async function serve(stop, doWork, task) {
  const claim = { taskId: task.taskId, attempt: task.attempt };
  const lost = new AbortController();
  let last = {};
  const report = async (fields = last) => {
    last = fields;
    const { items } = await post(stop, '/v1/results', { ...fields, ...claim, status: 'RUNNING' });
    if (items[0].outcome !== 'applied') lost.abort();
  };
  const renewal = setInterval(() => void report().catch(() => undefined), (leaseSeconds * 1000) / 3);
  const signal = AbortSignal.any([stop, lost.signal]);
  const result = await report()
    .then(() => doWork(task, report, signal))
    .then(
      (fields) => ({ ...fields, ...claim, status: 'DONE' }),
      ({ name, message, retryable }) => ({
        ...claim,
        status: 'FAILED',
        error: { type: name, message, retryable: !!retryable },
      }),
    );
  clearInterval(renewal);
  if (lost.signal.aborted) return; // somebody else's by now
  if (stop.aborted && result.status === 'FAILED') await post(stop, '/v1/claims/release', { items: [claim] });
  else await post(stop, '/v1/results', result);
}

/** Takes tasks, one at a time, until `stop` aborts; then gives back what it has. */
export async function runWorker(doWork, stop) {
  const wanted = { waitSeconds: 20, leaseSeconds, ...(TASK_TYPES && { types: TASK_TYPES.split(',') }) };
  while (!stop.aborted) {
    const { items } = await post(stop, '/v1/claims', wanted, [stop]).catch((error) => {
      if (stop.aborted) return { items: [] };
      throw error;
    });
    for (const task of items) await serve(stop, doWork, task).catch((error) => console.error(error.message));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => stop.abort());
  await runWorker(work, stop.signal);
}
