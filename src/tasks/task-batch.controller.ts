import { setImmediate as othersTurn } from 'node:timers/promises';
import { Body, Controller, Header, HttpCode, Logger, Post, Req, UseGuards } from '@nestjs/common';
import { ApiAcceptedResponse, ApiTags } from '@nestjs/swagger';
import { AuditLog, isAccessCode } from '../audit/audit-log.js';
import { AllowRoles } from '../auth/access.js';
import { type Caller, CurrentCaller } from '../auth/caller.js';
import { HoldsMany } from '../auth/refuse-floods.js';
import { toProblem } from '../errors/problem.js';
import { toAppError } from '../errors/to-app-error.js';
import { TakesNoQuery } from '../errors/takes-no-values.guard.js';
import { RequestValidationPipe } from '../errors/validation.pipe.js';
import { OwnerLimits } from '../limits/owner-limits.js';
import { traceparentOf } from '../observability/tracing.js';
import { BATCH_PATH, MAX_TASK_BYTES, tooLong, untrusted, type BatchRequest } from './batch-body.js';
import { BatchItemDto, SubmitBatchDto } from './submit-batch.dto.js';
import type { Submitted } from './submit.service.js';
import { SubmittedBatchResponse } from './submitted-batch.dto.js';
import { TaskIntake } from './task-intake.js';
import { taskText } from './task-response.js';

/** So many of its tasks are checked and submitted, or told of, before other requests have their turn. */
const AT_ONCE = 10;

/** Many tasks in one request. */
@ApiTags('tasks')
@Controller(BATCH_PATH)
@AllowRoles('client', 'service')
export class TaskBatchController {
  private readonly logger = new Logger(TaskBatchController.name);
  private readonly validation = new RequestValidationPipe();

  constructor(
    private readonly intake: TaskIntake,
    private readonly auditLog: AuditLog,
    private readonly limits: OwnerLimits,
  ) {}

  /** Submits up to 1000 tasks. Each stands alone: the answer has, for each, the task or the error. */
  @Post()
  @HoldsMany()
  @UseGuards(TakesNoQuery)
  @HttpCode(202)
  @Header('content-type', 'application/json; charset=utf-8')
  @ApiAcceptedResponse({ type: SubmittedBatchResponse })
  async submit(
    @CurrentCaller() caller: Caller,
    @Body() { tasks }: SubmitBatchDto,
    @Req() request: BatchRequest,
  ): Promise<string> {
    this.limits.more(caller.owner, tasks.length - 1);
    request.counted?.();
    const texts = request.taskTexts ?? [];
    if (texts.length !== tasks.length) throw new Error('a batch has another number of texts than of tasks');
    const traceparent = traceparentOf(request);
    const submitted: Promise<PromiseSettledResult<Submitted>[]>[] = [];
    for (let start = 0; start < tasks.length; start += AT_ONCE) {
      if (start > 0) await othersTurn();
      const part = tasks.slice(start, start + AT_ONCE);
      await this.limits.turn(caller.owner, part.length);
      const submit = (task: unknown, index: number): Promise<Submitted> =>
        this.submitOne(caller, task, texts[start + index] ?? '', traceparent);
      submitted.push(Promise.allSettled(part.map(submit)));
    }
    const outcomes = (await Promise.all(submitted)).flat();
    const items: string[] = [];
    for (const [index, outcome] of outcomes.entries()) {
      if (index > 0 && index % AT_ONCE === 0) await othersTurn();
      items.push(this.itemText(index, outcome, caller));
    }
    return `{"items":[${items.join(',')}]}`;
  }

  private async submitOne(
    caller: Caller,
    task: unknown,
    text: string,
    traceparent: string | null,
  ): Promise<Submitted> {
    if (text.length > MAX_TASK_BYTES) throw tooLong();
    if (task === null && text !== 'null') throw untrusted();
    const body = await this.validation.transform(task ?? 'null', { type: 'body', metatype: BatchItemDto });
    if (!(body instanceof BatchItemDto)) throw new TypeError('the validation made no task of an item');
    return this.intake.submit(caller, {
      body,
      text,
      idempotencyKey: body.idempotencyKey ?? null,
      traceparent,
    });
  }

  private itemText(index: number, outcome: PromiseSettledResult<Submitted>, caller: Caller): string {
    if (outcome.status === 'fulfilled') {
      const { task, replayed } = outcome.value;
      return `{"index":${index},"task":${taskText(task)}${replayed ? ',"replayed":true' : ''}}`;
    }
    const error = toAppError(outcome.reason);
    const { code } = error;
    if (isAccessCode(code))
      this.auditLog.refused({
        caller,
        address: caller.address,
        action: `POST ${BATCH_PATH}`,
        target: null,
        code,
      });
    if (error.status >= 500)
      this.logger.error({ message: 'A task of a batch failed', err: error.cause ?? error });
    return `{"index":${index},"error":${JSON.stringify(toProblem(error, BATCH_PATH))}}`;
  }
}
