import { Injectable } from '@nestjs/common';
import type { Caller } from '../auth/caller.js';
import { AppError } from '../errors/app-error.js';
import { OpenTasks } from '../limits/open-tasks.js';
import { TaskTypes } from '../task-types/task-types.js';
import { invalidField } from './invalid-field.js';
import { submissionOf } from './submission.js';
import type { SubmitTaskDto } from './submit-task.dto.js';
import { SubmitService, type Submitted } from './submit.service.js';

/** A body that its DTO has accepted, and what came with it. */
export interface Received {
  body: SubmitTaskDto;
  /** The body's JSON text. */
  text: string;
  idempotencyKey: string | null;
  traceparent: string | null;
}

const MAX_IDEMPOTENCY_KEY = 255;

/** The way of a body to a durable task: looks up its type, checks what the caller may, and submits it. */
@Injectable()
export class TaskIntake {
  constructor(
    private readonly taskTypes: TaskTypes,
    private readonly submitService: SubmitService,
    private readonly openTasks: OpenTasks,
  ) {}

  /**
   * @throws AppError `invalid_request`, `forbidden`, `unknown_task_type`, `payload_too_large`, `payload_invalid`,
   *   `too_many_open_tasks`, `idempotency_key_reused`, `correlation_in_use`
   */
  async submit(caller: Caller, { body, text, idempotencyKey, traceparent }: Received): Promise<Submitted> {
    checkIdempotencyKey(idempotencyKey);
    if (body.owner && !caller.roles.includes('service')) {
      throw new AppError('forbidden', 'only the role service may submit for another owner');
    }
    const name = body.type ?? 'default';
    const type = this.taskTypes.get(name);
    if (!type) throw new AppError('unknown_task_type', `there is no task type ${name}`);
    const owner = body.owner ?? caller.owner;
    const submission = submissionOf(body, text, { type, owner, traceparent, idempotencyKey });
    await this.openTasks.refresh();
    // One with a key may be a replay, which is no new task: it is counted when that is known.
    if (idempotencyKey === null) this.openTasks.take(owner);
    return this.submitService.submit(submission);
  }
}

function checkIdempotencyKey(key: string | null): void {
  if (
    key === null ||
    (key.length > 0 && key.length <= MAX_IDEMPOTENCY_KEY && !key.includes('\0') && key.isWellFormed())
  )
    return;
  throw invalidField(
    'idempotencyKey',
    `must have 1 to ${MAX_IDEMPOTENCY_KEY} characters, U+0000 and lone surrogates not among them`,
  );
}
