import { unavailable } from './kafka-errors.js';

/** How long calls fail at once before the next one may try, in milliseconds. */
const PAUSE_MS = 1_000;

/**
 * Spares callers the wait for a broker that has just failed to answer: after a failure calls fail at once, but for one
 * that tries again now and then. So nothing queues without bounds behind a broken connection.
 */
export class Circuit {
  private broken: { cause: unknown; retryAt: number } | null = null;

  /**
   * @param trying whether a call is under way, which a further one would only wait for.
   * @throws {TransportUnavailableError} while calls are spared.
   */
  check(trying: boolean): void {
    if (this.broken && (trying || performance.now() < this.broken.retryAt))
      throw unavailable(this.broken.cause);
  }

  succeeded(): void {
    this.broken = null;
  }

  failed(cause: unknown): void {
    this.broken = { cause, retryAt: performance.now() + PAUSE_MS };
  }
}
