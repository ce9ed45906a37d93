import { Logger } from '@nestjs/common';
import { within } from '../background/within.js';

export interface SlowReadingOptions {
  /** What is read, for the log. */
  name: string;
  /** How long, in milliseconds, a reading may take. */
  timeLimit: number;
  /** How long, in milliseconds, a reading counts as fresh. */
  keepFor: number;
}

/** Something that costs a query, read at most once per `keepFor` however many ask, and never waited for too long. */
export class SlowReading<Value> {
  private readonly logger = new Logger('Metrics');
  private current: { at: number; value: Promise<Value | null> } | null = null;

  constructor(
    private readonly read: () => Promise<Value>,
    private readonly options: SlowReadingOptions,
  ) {}

  /** The latest reading; null if it failed or took too long, for a number that nobody could read is better absent. */
  get(): Promise<Value | null> {
    const now = performance.now();
    if (this.current === null || now - this.current.at >= this.options.keepFor) {
      this.current = { at: now, value: this.attempt() };
    }
    return this.current.value;
  }

  private async attempt(): Promise<Value | null> {
    try {
      return await within(this.options.timeLimit, this.read());
    } catch (err) {
      this.logger.warn({ message: `Cannot read ${this.options.name}`, err });
      return null;
    }
  }
}
