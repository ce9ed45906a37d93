import { Injectable } from '@nestjs/common';
import type { Caller } from '../auth/caller.js';
import { DeadLetterRepository } from '../dlq/dead-letter.repository.js';
import { AppError } from '../errors/app-error.js';
import { OpenTasks } from '../limits/open-tasks.js';
import { mayHappen } from './state-table.js';
import type { TaskView } from './task-response.js';
import { TasksService } from './tasks.service.js';
import { UniqueCorrelations } from './unique-correlations.js';

/** Has tasks that ended badly done again: same id, next attempt, a new budget and a new expiry. */
@Injectable()
export class RetryService {
  constructor(
    private readonly tasks: TasksService,
    private readonly correlations: UniqueCorrelations,
    private readonly deadLetters: DeadLetterRepository,
    private readonly openTasks: OpenTasks,
  ) {}

  /**
   * The task's open dead letters count as redriven.
   *
   * @throws AppError `not_found`, `task_not_retryable`, `too_many_open_tasks` or `correlation_in_use`
   */
  async retry(caller: Caller, id: string): Promise<TaskView> {
    await this.openTasks.refresh();
    return this.tasks.fulfil(caller, id, {
      fact: { kind: 'retried', by: caller.owner },
      refusal: new AppError(
        'task_not_retryable',
        'only a failed, dead-lettered or expired task can be retried',
      ),
      before: async (manager, task) => {
        if (!mayHappen('retrying', task.status, task.attempt)) return;
        this.openTasks.take(task.owner);
        await this.correlations.take(manager, task);
      },
      after: (manager, task) => this.deadLetters.markRedriven(manager, [task.id], caller.owner),
    });
  }
}
