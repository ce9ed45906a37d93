// Loaded into Taskwire before everything else: for how long its event loop was blocked by its own work, at the most. Measured is the
// processor time of its main thread from one turn of a timer to the next, so that neither a machine that is busy with
// something else nor the measured's own waiting counts. After SIGUSR2 that is in the file BLOCKED_FILE, and starts anew. Linux only.
import { Buffer } from 'node:buffer';
import { openSync, readSync, renameSync, writeFileSync } from 'node:fs';

const INTERVAL_MS = 5;
const schedstat = openSync('/proc/thread-self/schedstat', 'r');
const buffer = Buffer.alloc(128);
const file = process.env.BLOCKED_FILE ?? '';
let last = used();
let most = 0;

/** Milliseconds of processor time that this thread has used. */
function used() {
  const length = readSync(schedstat, buffer, 0, buffer.length, 0);
  return Number(buffer.toString('latin1', 0, length).split(' ', 1)[0]) / 1e6;
}

setInterval(() => {
  const now = used();
  most = Math.max(most, now - last);
  last = now;
}, INTERVAL_MS).unref();

process.on('SIGUSR2', () => {
  writeFileSync(`${file}.new`, String(most));
  renameSync(`${file}.new`, file);
  most = 0;
});
