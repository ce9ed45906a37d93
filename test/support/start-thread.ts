import { Worker } from 'node:worker_threads';
import { STACK_SIZE } from '../../src/database/embedded/start-thread.js';

/** As in src/database/embedded/start-thread.ts, for source that is not built: Node, not Jest, runs the thread. */
export function startThread(folder: string): Worker {
  const source = new URL('../../src/database/embedded/database-thread.ts', import.meta.url).href;
  const code = `import('tsx/esm/api').then(({ tsImport }) => tsImport('${source}', '${source}'))`;
  return new Worker(code, { eval: true, workerData: folder, resourceLimits: { stackSizeMb: STACK_SIZE } });
}
