/**
 * Runs a piece of work one round at a time. What is asked for while a round is under way shares the next one, so a
 * lone request never waits and a thousand cost two rounds.
 */
export class Rounds {
  private wanted = false;
  private running: Promise<void> | null = null;

  /** @param onError is told what a round threw; the rounds go on. */
  constructor(
    private readonly round: () => Promise<void>,
    private readonly onError: (error: unknown) => void,
  ) {}

  /**
   * Begins a round as soon as the current call stack is done, or right after the one that is under way. Never throws.
   */
  request(): void {
    this.wanted = true;
    this.running ??= this.run();
  }

  /** Resolves when no round is under way or wanted. */
  async quiet(): Promise<void> {
    await this.running;
  }

  private async run(): Promise<void> {
    await Promise.resolve();
    while (this.wanted) {
      this.wanted = false;
      try {
        await this.round();
      } catch (error) {
        this.onError(error);
      }
    }
    this.running = null;
  }
}
