import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { transact } from '../../database/transaction.js';
import { AppError } from '../../errors/app-error.js';
import { EventBus } from '../../events/event-bus.js';
import type { Outcome } from '../../tasks/facts.js';
import type { LockedTask } from '../../tasks/fold.js';
import { TaskRepository } from '../../tasks/task.repository.js';
import { isOpen } from '../../tasks/task-state.js';
import { TaskWriter } from '../../tasks/task-writer.js';
import { ClaimRepository } from './claim.repository.js';

/** An attempt that somebody claimed. */
export interface ClaimedAttempt {
  taskId: string;
  attempt: number;
}

/** Takes claims back: queued again at once with the next attempt, without a charge on the budget. */
@Injectable()
export class ReleaseService {
  private readonly logger = new Logger(ReleaseService.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly dispatches: ClaimRepository,
    private readonly tasks: TaskRepository,
    private readonly writer: TaskWriter,
    private readonly bus: EventBus,
  ) {}

  /** What became of each, in order; an error for a task that does not exist. */
  async release(claims: readonly ClaimedAttempt[]): Promise<(Outcome | AppError)[]> {
    const ids = [...new Set(claims.map(({ taskId }) => taskId.toLowerCase()).filter((id) => isUuid(id)))];
    const { answers, events } = await transact(this.dataSource, async (manager) => {
      // Nobody claims a task that is locked, or loses it: what is held now is held until the end.
      const { tasks } = await this.tasks.lock(manager, ids, { skipLocked: false });
      const held = await this.dispatches.held(manager, ids);
      const byId = new Map(tasks.map((task) => [task.id, task]));
      const known = claims.map(({ taskId, attempt }) => ({ task: byId.get(taskId.toLowerCase()), attempt }));
      const facts = known.flatMap(({ task, attempt }) =>
        task && held.get(task.id) === attempt
          ? [{ taskId: task.id, fact: { kind: 'released', attempt } as const }]
          : [],
      );
      const { outcomes, events } = await this.writer.apply(manager, facts);
      const answers = known.map(({ task, attempt }) => {
        if (!task) return new AppError('not_found', 'there is no such task');
        if (held.get(task.id) !== attempt) return notHeld(task, attempt);
        return outcomes.shift() ?? notHeld(task, attempt);
      });
      return { answers, events };
    });
    this.bus.announce(events);
    return answers;
  }

  /** Gives back what nobody received. Never rejects: what cannot be given back now is, when its lease ends. */
  async giveBack(claims: readonly ClaimedAttempt[]): Promise<void> {
    try {
      await this.release(claims);
    } catch (err) {
      this.logger.warn({ message: 'Claims that nobody received wait for their leases to end', err });
    }
  }
}

function notHeld(task: LockedTask, attempt: number): Outcome {
  const hasEnded = attempt === task.attempt && !isOpen(task.status);
  return { outcome: 'ignored', reason: hasEnded ? 'already_terminal' : 'stale_attempt' };
}
