import { pause } from './pause.js';

const FIRST_BACKOFF_MS = 100;
const LAST_BACKOFF_MS = 5_000;

/**
 * Hands out the batches of one partition one at a time, also when consumers come and go while a handler works. After a
 * handler that threw it stays occupied for the back-off, which doubles with each failure in a row.
 */
export class PartitionLane {
  private failures = 0;
  private working: Promise<boolean> | null = null;
  private turn: Promise<void> | null = null;

  /** @param closing ends back-offs early. */
  constructor(private readonly closing: AbortSignal) {}

  get occupied(): boolean {
    return this.turn !== null;
  }

  /** Starts the work; only while the lane is not occupied. Resolves with whether it went well; never rejects. */
  start(work: () => Promise<void>, onFailure: (error: unknown) => void): Promise<boolean> {
    const working = this.run(work, onFailure);
    this.working = working;
    this.turn = this.finish(working);
    return working;
  }

  /** Resolves when no handler works. */
  async quiet(): Promise<void> {
    await this.working;
  }

  /** Resolves when no handler works and no back-off is due. */
  async free(): Promise<void> {
    await this.turn;
  }

  private async run(work: () => Promise<void>, onFailure: (error: unknown) => void): Promise<boolean> {
    // Not before `working` is set: the work itself may ask whether it is quiet.
    await Promise.resolve();
    try {
      await work();
      return true;
    } catch (error) {
      onFailure(error);
      return false;
    }
  }

  private async finish(working: Promise<boolean>): Promise<void> {
    this.failures = (await working) ? 0 : this.failures + 1;
    if (this.failures > 0) {
      const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** (this.failures - 1), LAST_BACKOFF_MS);
      await pause(backoff, this.closing);
    }
    this.turn = null;
  }
}
