import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';

/** With such a message ends every answer: ReadyForQuery, its length, and a state. */
const READY = Buffer.from('Z\0\0\0\x05I');

/**
 * The thread in which the database runs, one message of PostgreSQL's wire protocol after the other: each is answered by
 * one with all that the database says to it. `null` closes the database and ends the thread; the first message of all,
 * `null` too, says that it is open.
 */
async function run(folder: string): Promise<void> {
  if (!existsSync(folder)) await prepare(folder);
  const database = await PGlite.create(folder);
  parentPort?.on('message', (request: Uint8Array | null) => {
    if (request === null) return void database.close().then(() => parentPort?.close());
    const answer = new Uint8Array(database.execProtocolRawSync(request));
    // PGlite goes on after what has broken it; we do not, and the next start recovers.
    if (answer.at(-READY.length) !== READY[0])
      throw new Error('The embedded database broke over a statement');
    parentPort?.postMessage(answer, [answer.buffer]);
  });
  parentPort?.postMessage(null);
}

/** Makes the folder under another name first: whoever dies in the middle leaves nothing that looks like a database. */
async function prepare(folder: string): Promise<void> {
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  const database = await PGlite.create(unfinished);
  await database.close();
  await rename(unfinished, folder);
}

await run(workerData as string);
