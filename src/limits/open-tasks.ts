import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Limits } from '../config/config.js';
import { AppError } from '../errors/app-error.js';
import { LIMITS } from './owner-limits.js';

/** How long counts are believed, in milliseconds; and how many times as long as it took to count, if that is longer. */
const FRESH_MS = 1_000;
const FRESH_FACTOR = 20;

const COUNT = 'SELECT owner, count(*) AS open FROM dispatches GROUP BY owner';

/**
 * How many open tasks an owner may have. All are counted at once, about every second and never for more than a twentieth of
 * the time; what was submitted here since is added. An owner who submits to several processes may get past the limit by
 * what the others take meanwhile.
 */
@Injectable()
export class OpenTasks {
  private counts = new Map<string, number>();
  private staleAt = 0;
  private counting: Promise<void> | null = null;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(LIMITS) private readonly limits: Limits,
  ) {}

  /** Counts anew what was counted too long ago. To be called before `take`, and never within a transaction. */
  async refresh(): Promise<void> {
    if (this.limits.openTasks !== null && performance.now() >= this.staleAt)
      await (this.counting ??= this.count());
  }

  /** Counts a new task. @throws AppError `too_many_open_tasks` */
  take(owner: string): void {
    const limit = this.limits.openTasks;
    if (limit === null) return;
    const open = this.counts.get(owner) ?? 0;
    if (open >= limit)
      throw new AppError('too_many_open_tasks', `This owner has ${limit} open tasks already.`);
    this.counts.set(owner, open + 1);
  }

  private async count(): Promise<void> {
    const start = performance.now();
    try {
      const rows: { owner: string; open: number }[] = await this.dataSource.query(COUNT);
      this.counts = new Map(rows.map(({ owner, open }) => [owner, open]));
      const end = performance.now();
      this.staleAt = end + Math.max(FRESH_MS, (end - start) * FRESH_FACTOR);
    } finally {
      this.counting = null;
    }
  }
}
