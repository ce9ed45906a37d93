import { validate as isUuid } from 'uuid';
import { visibleOwner, type Caller } from '../auth/caller.js';
import { AppError } from '../errors/app-error.js';
import type { TaskView } from '../tasks/task-response.js';
import type { TaskRepository } from '../tasks/task.repository.js';

/**
 * Reads a task that the caller may follow.
 *
 * @throws AppError `not_found`, the same for another owner's task, for one that does not exist and for one that cannot
 */
export async function visibleTask(tasks: TaskRepository, caller: Caller, id: string): Promise<TaskView> {
  const task = isUuid(id) ? await tasks.find(id, visibleOwner(caller)) : null;
  if (!task) throw new AppError('not_found', 'There is no such task.');
  return task;
}
