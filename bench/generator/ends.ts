import type { WebSocket } from 'ws';
import type { Target } from '../contender.js';
import { openPushSocket } from './push-socket.js';

/** How long to wait for more ends when none come any more. */
const PATIENCE = 10_000;

/** Matches tasks with the messages that they have ended, whichever of answer and message comes first. */
export class Ends {
  /** From when a task was due to its end, in milliseconds. */
  readonly latencies: number[] = [];
  private readonly open = new Map<string, number>();
  private readonly early = new Map<string, number>();
  private lastAt = 0;
  private whenNoneIsMissing: () => void = () => undefined;
  private socket: WebSocket | null = null;

  /** Listens until `close`. */
  async listen(target: Target): Promise<void> {
    this.socket = await openPushSocket(target, (taskId) => {
      this.ended(taskId, performance.now());
    });
  }

  close(): void {
    this.socket?.terminate();
  }

  /** Tasks that were accepted and whose end was not seen yet. */
  get missing(): number {
    return this.open.size;
  }

  /** A task was accepted that was due at `dueAt`, on the clock of `performance.now()`. */
  accepted(taskId: string, dueAt: number): void {
    const endedAt = this.early.get(taskId);
    if (endedAt === undefined) this.open.set(taskId, dueAt);
    else this.latencies.push(endedAt - dueAt);
    this.early.delete(taskId);
  }

  /** Resolves when none is missing, or nothing has come for long. */
  async settled(): Promise<void> {
    if (this.open.size === 0) return;
    this.lastAt = performance.now();
    await new Promise<void>((resolve) => {
      const impatience = setInterval(() => {
        if (performance.now() - this.lastAt > PATIENCE) this.whenNoneIsMissing();
      }, 1_000);
      this.whenNoneIsMissing = () => {
        clearInterval(impatience);
        resolve();
      };
    });
  }

  private ended(taskId: string, at: number): void {
    this.lastAt = at;
    const dueAt = this.open.get(taskId);
    if (dueAt === undefined) this.early.set(taskId, at);
    else this.latencies.push(at - dueAt);
    if (this.open.delete(taskId) && this.open.size === 0) this.whenNoneIsMissing();
  }
}
