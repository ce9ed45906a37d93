import { startApp, type TestApp } from './app.js';
import { ComputeWorker } from './compute-worker.js';
import { Rest } from './rest.js';

/** Two web processes and one in the role `worker`, without a broker, and who asks the first two for work. */
export interface ClaimStage {
  taskwire: TestApp;
  rest: Rest;
  worker: ComputeWorker;
  /** At the second process. */
  elsewhere: ComputeWorker;
}

/** @param types the task types, as lines of the file */
export async function startClaimStage(types: string): Promise<ClaimStage> {
  const taskwire = await startApp({ types, env: { KAFKA_BROKERS: '', ROLE: 'web' } });
  const another = await taskwire.startAnother();
  await taskwire.startAnother({ ROLE: 'worker' });
  return {
    taskwire,
    rest: new Rest(taskwire.url),
    worker: new ComputeWorker(taskwire.url),
    elsewhere: new ComputeWorker(await another.getUrl()),
  };
}
