import type { Installation } from '../../test/e2e/installation.js';
import { checkAlways } from '../check/check.js';
import type { Violation } from '../check/violation.js';
import { dumpDatabase, type Dump } from '../history/dump.js';
import type { History } from '../history/history.js';

const INTERVAL_MS = 1_000;

const SNAPSHOT = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/** Looks while the mix runs for what will never be right again, so that a hunt may stop there. */
export class Lookout {
  /** What was wrong at two looks, one after the other; empty as long as nothing was. */
  found: Violation[] = [];
  private suspected = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();

  constructor(
    private readonly installation: Installation,
    private readonly history: History,
  ) {
    this.lookAgain();
  }

  /** Resolves when it looks no more. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.looking;
  }

  private lookAgain(): void {
    this.timer = setTimeout(() => {
      // A database that is broken at the moment shows nothing.
      this.looking = this.look().catch(() => undefined);
      void this.looking.then(() => {
        if (this.timer !== undefined && this.found.length === 0) this.lookAgain();
      });
    }, INTERVAL_MS);
  }

  /** Once is not enough: the log is written a moment before or after what it tells of. */
  private async look(): Promise<void> {
    const violations = checkAlways(this.history.entries(), await snapshot(this.installation));
    this.found = violations.filter(({ what }) => this.suspected.has(what));
    this.suspected = new Set(violations.map(({ what }) => what));
  }
}

/** The whole database at one moment. */
async function snapshot(installation: Installation): Promise<Dump> {
  const database = await installation.connect();
  try {
    await database.query(SNAPSHOT);
    return await dumpDatabase(
      async <Row extends object>(sql: string) => (await database.query<Row>(sql)).rows,
    );
  } finally {
    await database.end();
  }
}
