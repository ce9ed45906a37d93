import { Inject, Injectable, Logger } from '@nestjs/common';
import { HOLDER } from './holder.js';
import { SendLeaseRepository, type SentMark } from './send-lease.repository.js';

/** How long a mark may wait for others, in milliseconds. Far below a lease: whose mark is missing then is sent again. */
const PATIENCE_MS = 100;

/** So many marks are written at once, without more patience. */
const ENOUGH = 1_000;

/**
 * Writes "sent" for what this process has published, a little later and many in one statement. Nobody waits for these marks,
 * and a task that has ended meanwhile needs none. What a crash or the database loses of them runs out of its lease: those
 * tasks are sent once more.
 */
@Injectable()
export class SentMarks {
  private readonly logger = new Logger(SentMarks.name);
  private waiting: SentMark[] = [];
  private timer: NodeJS.Timeout | null = null;
  private writing = Promise.resolve();

  constructor(
    private readonly leases: SendLeaseRepository,
    @Inject(HOLDER) private readonly holder: string,
  ) {}

  /** Takes marks of leases that this process has. Never throws, never waits. */
  add(marks: readonly SentMark[]): void {
    this.waiting.push(...marks);
    if (this.waiting.length >= ENOUGH) void this.drained();
    else this.timer ??= setTimeout(() => void this.drained(), PATIENCE_MS);
  }

  /** Resolves when all that were added are written, or lost. */
  drained(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const marks = this.waiting.splice(0);
    if (marks.length > 0) this.writing = this.writing.then(() => this.write(marks));
    return this.writing;
  }

  private async write(marks: readonly SentMark[]): Promise<void> {
    try {
      await this.leases.markSent(marks, this.holder);
    } catch (err) {
      this.logger.warn({ message: 'Tasks are sent once more', tasks: marks.length, err });
    }
  }
}
