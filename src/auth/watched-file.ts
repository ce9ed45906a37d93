import { readFileSync, statSync } from 'node:fs';
import { Logger } from '@nestjs/common';
import { ConfigError } from '../config/config.js';

/** How often a file is looked at, at the most, in milliseconds. */
export const WATCH_INTERVAL = 1_000;

/** What a JSON file of the configuration holds, read anew when it changes. A new version that is wrong does not count. */
export class WatchedFile<T> {
  private readonly logger = new Logger(WatchedFile.name);
  private current: T;
  private version: string;
  private lookedAt = performance.now();

  /**
   * @param setting the variable that names the file
   * @throws ConfigError if it cannot be read now
   */
  constructor(
    private readonly setting: string,
    private readonly path: string,
    private readonly read: (content: unknown) => T,
  ) {
    try {
      this.version = versionOf(path);
      this.current = read(jsonOf(path));
    } catch (error) {
      throw new ConfigError(`${setting}: ${path} cannot be used (${(error as Error).message})`);
    }
  }

  /** At most a second old. */
  get content(): T {
    if (performance.now() - this.lookedAt >= WATCH_INTERVAL) this.look();
    return this.current;
  }

  private look(): void {
    this.lookedAt = performance.now();
    try {
      const version = versionOf(this.path);
      if (version === this.version) return;
      this.version = version;
      this.current = this.read(jsonOf(this.path));
      this.logger.log({ message: 'A file has changed and was read anew', setting: this.setting });
    } catch (err) {
      this.logger.error({
        message: 'A file cannot be read; what it held goes on counting',
        setting: this.setting,
        err,
      });
    }
  }
}

function versionOf(path: string): string {
  const { mtimeMs, size, ino } = statSync(path);
  return `${mtimeMs} ${size} ${ino}`;
}

function jsonOf(path: string): unknown {
  const text = readFileSync(path, 'utf8');
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words quote the file, which may hold secrets.
    throw new Error('it is not JSON');
  }
}
