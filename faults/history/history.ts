import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Entry } from './entries.js';

/** An append-only log on disk, a line of JSON for each entry: what was seen survives whoever saw it. */
export class History {
  private readonly file: number;

  constructor(readonly path: string) {
    this.file = openSync(path, 'wx');
  }

  /** Writes at once: the order of the lines is the order in which things were seen. */
  record(entry: Entry): void {
    writeSync(this.file, `${JSON.stringify({ at: Date.now(), ...entry })}\n`);
  }

  /** All that was recorded so far, read from the disk. */
  entries(): Entry[] {
    return readHistory(this.path);
  }

  close(): void {
    closeSync(this.file);
  }
}

/** The entries of a log. */
export function readHistory(path: string): Entry[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Entry);
}
