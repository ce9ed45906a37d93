const SECONDS = 60;

/** What was counted in one second. */
interface Second {
  at: number;
  records: number;
  letters: number;
}

/** How many records were read, and how many letters came of them, in the last minute; to the second. */
export class LastMinute {
  private seconds: Second[] = [];

  /** @param now milliseconds that only rise */
  constructor(private readonly now: () => number) {}

  add(records: number, letters: number): void {
    const at = this.second();
    const last = this.seconds.at(-1);
    if (last?.at === at) {
      last.records += records;
      last.letters += letters;
    } else {
      this.seconds = [...this.recent(), { at, records, letters }];
    }
  }

  sum(): { records: number; letters: number } {
    return this.recent().reduce(
      (sum, { records, letters }) => ({ records: sum.records + records, letters: sum.letters + letters }),
      { records: 0, letters: 0 },
    );
  }

  private recent(): Second[] {
    const first = this.second() - SECONDS;
    return this.seconds.filter(({ at }) => at > first);
  }

  private second(): number {
    return Math.floor(this.now() / 1000);
  }
}
