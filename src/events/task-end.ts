import { Injectable } from '@nestjs/common';
import { isOpen } from '../tasks/task-state.js';
import type { RecordedEvent } from './event.js';
import { Followers } from './followers.js';

/** What somebody waits for, and how long. */
export interface WaitOptions {
  /** The task's newest event when the waiter read it. */
  seq: number;
  seconds: number;
  /** Aborted when the waiter is gone. */
  signal: AbortSignal;
}

/** Lets requests wait for the end of a task. A waiter is one more follower: nothing is polled for it. */
@Injectable()
export class TaskEnd {
  constructor(private readonly followers: Followers) {}

  /**
   * Resolves when an event after `seq` ends the task, when the time is up, when the waiter is gone, or when this process
   * is about to end; read the task to learn which. Never rejects: who waits may just have submitted the task.
   */
  wait(taskId: string, { seq, seconds, signal }: WaitOptions): Promise<void> {
    if (signal.aborted || this.followers.isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        following.leave();
        resolve();
      };
      const emit = ({ status }: RecordedEvent): void => {
        if (!isOpen(status)) end();
      };
      const following = this.followers.join({ emit, unread: () => 0, dismiss: end });
      const timer = setTimeout(end, seconds * 1_000);
      signal.addEventListener('abort', end, { once: true });
      following.resume(taskId, seq);
    });
  }
}
