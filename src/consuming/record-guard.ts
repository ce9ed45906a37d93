import { LastMinute } from './last-minute.js';

/** More than this share of what is read, of at least so many records, is too much. */
const TOO_LARGE_A_SHARE = 0.5;
const ENOUGH_RECORDS = 20;

/** What a listener is guarded by. */
export interface RecordGuardOptions {
  /** The listener's name, for people. */
  name: string;
  /** How many dead letters it may write in a minute; `null`: as many as there are. */
  limit: number | null;
  /** Whether it reads dead letters, so that they are nothing unusual. */
  readsLetters: boolean;
  /** Milliseconds that only rise. */
  now?: () => number;
}

/**
 * Watches over what one listener of this process reads: a producer that has changed its format makes dead letters of
 * everything, which somebody should hear of before the table is full of them.
 */
export class RecordGuard {
  readonly name: string;
  private readonly lastMinute: LastMinute;

  constructor(private readonly options: RecordGuardOptions) {
    this.name = options.name;
    this.lastMinute = new LastMinute(options.now ?? (() => performance.now()));
  }

  /** Counts records that were read, and the dead letters that were written of them. */
  count(records: number, letters: number): void {
    this.lastMinute.add(records, letters);
  }

  /** @throws Error while the listener has to wait; the records stay where they are, and come again. */
  admit(): void {
    if (this.paused)
      throw new Error(`paused after ${String(this.options.limit)} dead letters within a minute (DLQ_LIMIT)`);
  }

  /** Whether it has written as many letters in the last minute as it may. */
  get paused(): boolean {
    const { limit } = this.options;
    return limit !== null && this.lastMinute.sum().letters >= limit;
  }

  /** Which share of the last minute's records could not be processed, from 0 to 1. */
  get share(): number {
    const { records, letters } = this.lastMinute.sum();
    return this.options.readsLetters || records === 0 ? 0 : letters / records;
  }

  /** Whether that is more than single failures make. */
  get alarming(): boolean {
    return this.share > TOO_LARGE_A_SHARE && this.lastMinute.sum().records >= ENOUGH_RECORDS;
  }
}
