import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@nestjs/common';

export interface LoopOptions {
  /** The wait after a round that found nothing to do. */
  idleMs: number;
  /** It doubles with every such round in a row, up to this. Without it, it stays. */
  restMs?: number;
  /** The wait after a round that failed. */
  failureMs: number;
  logger: Logger;
}

/**
 * Runs a round again and again: at once while there is work, after a wait when there was none or it failed. A failure
 * ends a round, never the loop.
 */
export class Loop {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private idleMs: number;
  private isFailing = false;

  /** @param round answers whether it found work */
  constructor(
    private readonly round: () => Promise<boolean>,
    private readonly options: LoopOptions,
  ) {
    this.idleMs = options.idleMs;
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Resolves when the round under way is over. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const waitMs = await this.oneRound();
      if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }

  private async oneRound(): Promise<number> {
    try {
      const foundWork = await this.round();
      this.isFailing = false;
      return foundWork ? this.goOn() : this.rest();
    } catch (error) {
      this.report(error);
      return this.options.failureMs;
    }
  }

  /** All that is known of the first failure in a row; an outage has many, which are told in a few words. */
  private report(err: unknown): void {
    const { failureMs, logger } = this.options;
    const { message, code } = err as NodeJS.ErrnoException;
    const text = `trying again in ${failureMs} ms: ${message || code}`;
    logger.warn(this.isFailing ? text : { message: text, err });
    this.isFailing = true;
  }

  private goOn(): number {
    this.idleMs = this.options.idleMs;
    return 0;
  }

  private rest(): number {
    const waitMs = this.idleMs;
    this.idleMs = Math.min(2 * waitMs, this.options.restMs ?? waitMs);
    return waitMs;
  }
}
