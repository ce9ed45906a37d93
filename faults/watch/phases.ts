/** What the parts of a trial took, in seconds, in their order. */
export class Phases {
  private seconds: Record<string, number> = {};

  /** Resolves, or rejects, with what `work` gave. */
  async time<T>(name: string, work: () => Promise<T>): Promise<T> {
    const begin = performance.now();
    try {
      return await work();
    } finally {
      this.seconds[name] = (performance.now() - begin) / 1000;
    }
  }

  /** Gives what there was since the last time. */
  take(): Record<string, number> {
    const { seconds } = this;
    this.seconds = {};
    return seconds;
  }
}
