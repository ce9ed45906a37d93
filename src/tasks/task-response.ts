import { isoText } from '../json/iso-text.js';
import type { Task } from './task.entity.js';

/** What of a task's row a list shows. */
export type TaskSummary = Omit<
  Task,
  'payload' | 'result' | 'attemptsUsed' | 'attemptAt' | 'expiresInSeconds' | 'traceparent'
>;

/** What of a task's row a client sees. */
export type TaskView = TaskSummary & Pick<Task, 'payload' | 'result'>;

/** The task as clients see it (`/openapi.json`), as JSON text: payload and result stay as they were sent. */
export function taskText(task: TaskView): string {
  return `${summaryText(task).slice(0, -1)},"payload":${task.payload},"result":${task.result ?? 'null'}}`;
}

/** A task in a list: without payload and result. */
export function summaryText(task: TaskSummary): string {
  const head = JSON.stringify({
    id: task.id,
    type: task.type,
    status: task.status,
    attempt: task.attempt,
    maxAttempts: task.maxAttempts,
    owner: task.owner,
    orderingKey: task.orderingKey,
    correlationId: task.correlationId,
    progress: task.progress,
    message: task.message,
    seq: task.seq,
    createdAt: isoText(task.createdAt),
    updatedAt: isoText(task.updatedAt),
    runAt: isoText(task.runAt),
    expiresAt: isoText(task.expiresAt),
    startedAt: isoText(task.startedAt),
    finishedAt: isoText(task.finishedAt),
  });
  return `${head.slice(0, -1)},"error":${task.error ?? 'null'}}`;
}
