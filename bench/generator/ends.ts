import type { WebSocket } from 'ws';
import type { Target } from '../contender.js';
import { openPushSocket } from './push-socket.js';

/** How long to wait for more ends when none come any more. */
const PATIENCE = 10_000;

/** A task whose end is awaited. */
interface OpenTask {
  /** On the clock of `performance.now()`. */
  dueAt: number;
  hasEnded: () => void;
}

/** Matches tasks with the messages that they have ended, whichever of answer and message comes first. */
export class Ends {
  /** From when a task was due to its end, in milliseconds. */
  readonly latencies: number[] = [];
  private readonly open = new Map<string, OpenTask>();
  private readonly early = new Map<string, number>();
  private lastAt = 0;
  private socket: WebSocket | null = null;

  /** Listens until `close`. */
  async listen(target: Target): Promise<void> {
    this.socket = await openPushSocket(target, { mine: true }, (text) => {
      if (!text.includes('"type":"succeeded"')) return;
      this.ended(/"taskId":"([^"]+)"/.exec(text)?.[1] ?? '', performance.now());
    });
  }

  close(): void {
    this.socket?.terminate();
  }

  /** Tasks that were accepted and whose end was not seen yet. */
  get missing(): number {
    return this.open.size;
  }

  /** A task was accepted that was due at `dueAt`, on the clock of `performance.now()`. Resolves when it has ended. */
  async of(taskId: string, dueAt: number): Promise<void> {
    const endedAt = this.early.get(taskId);
    if (endedAt === undefined)
      await new Promise<void>((hasEnded) => this.open.set(taskId, { dueAt, hasEnded }));
    else this.latencies.push(endedAt - dueAt);
    this.early.delete(taskId);
  }

  /** Resolves when `ends` do, or when nothing has come for long. */
  async patiently(ends: Promise<unknown>): Promise<void> {
    this.lastAt = performance.now();
    let impatience: NodeJS.Timeout | undefined;
    const silence = new Promise<void>((resolve) => {
      impatience = setInterval(() => {
        if (performance.now() - this.lastAt > PATIENCE) resolve();
      }, 1_000);
    });
    await Promise.race([ends, silence]);
    clearInterval(impatience);
  }

  private ended(taskId: string, at: number): void {
    this.lastAt = at;
    const task = this.open.get(taskId);
    if (!task) this.early.set(taskId, at);
    else {
      this.latencies.push(at - task.dueAt);
      this.open.delete(taskId);
      task.hasEnded();
    }
  }
}
