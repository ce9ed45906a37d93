import { closeSync, openSync, writeSync } from 'node:fs';
import type { Entry } from './entries.js';

/** An append-only log, a line of JSON for each entry: what was seen survives on disk whoever saw it. */
export class History {
  private readonly file: number;
  private readonly all: Entry[] = [];

  constructor(path: string) {
    this.file = openSync(path, 'wx');
  }

  /** Writes at once: the order of the lines is the order in which things were seen. */
  record(entry: Entry): void {
    writeSync(this.file, `${JSON.stringify({ at: Date.now(), ...entry })}\n`);
    this.all.push(entry);
  }

  /** All that was recorded so far. */
  entries(): readonly Entry[] {
    return this.all;
  }

  close(): void {
    closeSync(this.file);
  }
}
