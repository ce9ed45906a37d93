import {
  Body,
  Controller,
  Get,
  Header,
  HttpCode,
  Logger,
  Param,
  Post,
  Query,
  Req,
  Res,
  UseGuards,
  type RawBodyRequest,
} from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AllowRoles } from '../auth/access.js';
import { type Caller, CurrentCaller, visibleOwner } from '../auth/caller.js';
import { goneOrRevoked, secondsLeft } from '../auth/when-expired.js';
import { ApiProblems } from '../errors/api-problems.decorator.js';
import { AppError } from '../errors/app-error.js';
import { toAppError } from '../errors/to-app-error.js';
import { TakesNoBody, TakesNoQuery } from '../errors/takes-no-values.guard.js';
import { bodyText } from '../http/body-text.js';
import { goneSignal } from '../http/gone-signal.js';
import { traceparentOf } from '../observability/tracing.js';
import { ApiPage } from '../paging/api-page.decorator.js';
import { idBehind, pageText } from '../paging/page.js';
import { ApiSubmission } from './api-submission.decorator.js';
import { RetryService } from './retry.service.js';
import { SubmitTaskDto } from './submit-task.dto.js';
import { TaskIntake } from './task-intake.js';
import { TaskList } from './task-list.js';
import { summaryText, taskText } from './task-response.js';
import { TaskResponse, TaskSummaryResponse } from './task.dto.js';
import { isOpen } from './task-state.js';
import { TasksQuery, WaitQuery } from './tasks.query.js';
import { TasksService } from './tasks.service.js';

const JSON_TYPE = 'application/json; charset=utf-8';

/** Tasks, one by one and in lists. */
@ApiTags('tasks')
@Controller('v1/tasks')
@AllowRoles('client', 'service', 'operator')
export class TasksController {
  private readonly logger = new Logger(TasksController.name);

  constructor(
    private readonly intake: TaskIntake,
    private readonly tasks: TasksService,
    private readonly retries: RetryService,
    private readonly taskList: TaskList,
  ) {}

  /** Submits a task. The answer comes once it is durable; with `wait`, perhaps once it is over. */
  @Post()
  @AllowRoles('client', 'service')
  @HttpCode(202)
  @Header('content-type', JSON_TYPE)
  @ApiSubmission()
  async submit(
    @CurrentCaller() caller: Caller,
    @Body() body: SubmitTaskDto,
    @Query() query: WaitQuery,
    @Req() request: RawBodyRequest<FastifyRequest>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const signal = waiterSignal(caller, reply, query.wait);
    const { task, replayed } = await this.intake.submit(caller, {
      body,
      text: bodyText(request),
      idempotencyKey: idempotencyKeyOf(request),
      traceparent: traceparentOf(request),
    });
    void reply.header('location', `/v1/tasks/${task.id}`);
    if (replayed) void reply.header('idempotency-replayed', 'true');
    const patience = { seconds: patienceOf(caller, query), signal };
    const latest = await this.tasks.atEnd(caller, task, patience).catch((err: unknown) => {
      // It is accepted, whatever becomes of the wait: told otherwise, the client would submit it again.
      if (toAppError(err).status >= 500)
        this.logger.warn({ message: 'A wait ended early', taskId: task.id, err });
      return task;
    });
    if (query.wait !== undefined && !isOpen(latest.status)) void reply.status(200);
    return taskText(latest);
  }

  /** The caller's tasks, newest first, without payload and result. */
  @Get()
  @AllowRoles('client', 'service', 'operator', 'reader')
  @Header('content-type', JSON_TYPE)
  @ApiPage(TaskSummaryResponse)
  async list(@CurrentCaller() caller: Caller, @Query() query: TasksQuery): Promise<string> {
    const found = await this.taskList.find({
      owner: listedOwner(caller, query.owner),
      statuses: query.status ?? null,
      type: query.type ?? null,
      correlationId: query.correlationId ?? null,
      createdAfter: query.createdAfter === undefined ? null : new Date(query.createdAfter),
      createdBefore: query.createdBefore === undefined ? null : new Date(query.createdBefore),
      before: idBehind(query),
      limit: query.limit,
    });
    return pageText(found, query.limit, summaryText);
  }

  /** A task; with `wait`, once it is over or the time is up. */
  @Get(':id')
  @AllowRoles('client', 'service', 'operator', 'reader')
  @Header('content-type', JSON_TYPE)
  @ApiOkResponse({ type: TaskResponse })
  async get(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: WaitQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const signal = waiterSignal(caller, reply, query.wait);
    const task = await this.tasks.get(caller, id);
    return taskText(await this.tasks.atEnd(caller, task, { seconds: patienceOf(caller, query), signal }));
  }

  /** Ends an open task. A worker that has it is not interrupted; its answer will be ignored. */
  @Post(':id/cancel')
  @UseGuards(TakesNoQuery, TakesNoBody)
  @HttpCode(200)
  @Header('content-type', JSON_TYPE)
  @ApiOkResponse({ type: TaskResponse })
  @ApiProblems('task_terminal')
  async cancel(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<string> {
    return taskText(await this.tasks.cancel(caller, id));
  }

  /** Has a failed, dead-lettered or expired task done again: same id, next attempt, a new budget and a new expiry. */
  @Post(':id/retry')
  @UseGuards(TakesNoQuery, TakesNoBody)
  @HttpCode(202)
  @Header('content-type', JSON_TYPE)
  @ApiAcceptedResponse({ type: TaskResponse })
  @ApiProblems('task_not_retryable', 'too_many_open_tasks', 'correlation_in_use')
  async retry(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<string> {
    return taskText(await this.retries.retry(caller, id));
  }
}

/** Whose tasks a list shows: the caller's own, unless the caller may see others' and names them. */
function listedOwner(caller: Caller, asked: string | undefined): string | null {
  if (asked === undefined || asked === caller.owner) return caller.owner;
  if (visibleOwner(caller) !== null)
    throw new AppError('forbidden', "a list of others' tasks needs another role");
  return asked === '*' ? null : asked;
}

function idempotencyKeyOf({ headers }: FastifyRequest): string | null {
  const key = headers['idempotency-key'];
  return key === undefined ? null : String(key);
}

/** Following ends when the token does. */
function patienceOf(caller: Caller, { wait = 0 }: WaitQuery): number {
  return Math.min(wait, secondsLeft(caller));
}

/** For requests that do not wait: most, and a signal of their own would cost them something. */
const NEVER = new AbortController().signal;

/** Aborted when the client has gone before its answer was written, or its credentials were taken back. */
function waiterSignal(caller: Caller, reply: FastifyReply, wait: number | undefined): AbortSignal {
  return wait === undefined ? NEVER : goneOrRevoked(caller, goneSignal(reply));
}
