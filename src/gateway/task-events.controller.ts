import { Controller, Get, Header, Headers, Param, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { validate as isUuid } from 'uuid';
import { AllowRoles } from '../auth/access.js';
import { CurrentCaller, visibleOwner, type Caller } from '../auth/caller.js';
import { ApiProblems } from '../errors/api-problems.decorator.js';
import { AppError } from '../errors/app-error.js';
import { eventText } from '../events/event.js';
import { EventsRepository } from '../events/events.repository.js';
import { Followers } from '../events/followers.js';
import { whenGone } from '../http/gone-signal.js';
import { ApiPage } from '../paging/api-page.decorator.js';
import { OwnerLimits } from '../limits/owner-limits.js';
import { TaskRepository } from '../tasks/task.repository.js';
import { SEQ, StreamQuery, TaskEventResponse, TaskHistoryQuery } from './task-history.dto.js';
import { TaskStream } from './task-stream.js';
import { visibleTask } from './visible-task.js';

/** What happened to a task, at once or as it happens. */
@ApiTags('tasks')
@Controller('v1/tasks/:id')
@AllowRoles('client', 'service', 'operator', 'reader')
export class TaskEventsController {
  constructor(
    private readonly tasks: TaskRepository,
    private readonly events: EventsRepository,
    private readonly followers: Followers,
    private readonly limits: OwnerLimits,
  ) {}

  /** The task's history, in order. Written as text: results stay as they were sent. */
  @Get('events')
  @Header('content-type', 'application/json; charset=utf-8')
  @ApiPage(TaskEventResponse)
  async history(
    @Param('id') id: string,
    @Query() { after, limit, cursor }: TaskHistoryQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<string> {
    const start = cursor === undefined ? after : Number(cursor);
    const found = isUuid(id) ? await this.events.history(id, visibleOwner(caller), start, limit + 1) : null;
    if (!found) throw new AppError('not_found', 'There is no such task.');
    const items = found.slice(0, limit);
    const nextCursor = found.length > limit ? `"${items.at(-1)?.seq ?? start}"` : 'null';
    return `{"items":[${items.map(eventText).join(',')}],"nextCursor":${nextCursor}}`;
  }

  /** The same as server-sent events, and what happens from now on; ends after an event that ends the task. */
  @Get('stream')
  @ApiHeader({
    name: 'Last-Event-ID',
    description: 'The `seq` of the last event that the client has seen',
    schema: { type: 'integer', minimum: 0 },
  })
  @ApiOkResponse({
    description:
      'Events `task`, whose `id` is the `seq` and whose data is a `TaskEvent`, with `exact: false` where its numbers do not fit a 64-bit float',
    content: { 'text/event-stream': { schema: { type: 'string' } } },
  })
  @ApiNoContentResponse({
    description: 'The task is over, and nothing is newer than `Last-Event-ID`, or `after`',
  })
  @ApiProblems('invalid_request')
  async stream(
    @Param('id') id: string,
    @Query() { after }: StreamQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @CurrentCaller() caller: Caller,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (lastEventId !== undefined && !SEQ.test(lastEventId))
      throw new AppError('invalid_request', 'Last-Event-ID must be the id of an event.');
    const leave = this.limits.follow(caller.owner);
    whenGone(reply, leave);
    const stream = new TaskStream(this.followers, caller, reply);
    await stream.open(id.toLowerCase(), Number(lastEventId ?? after), () =>
      visibleTask(this.tasks, caller, id),
    );
  }
}
