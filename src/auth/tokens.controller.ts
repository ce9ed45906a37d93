import { Body, Controller, Header, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import { ApiCreatedResponse, ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { AuditLog } from '../audit/audit-log.js';
import { TakesNoBody, TakesNoQuery } from '../errors/takes-no-values.guard.js';
import { TasksService } from '../tasks/tasks.service.js';
import { AccessTokens, type AccessToken } from './access-tokens.js';
import { AllowRoles } from './access.js';
import { CurrentCaller, type Caller } from './caller.js';
import { AccessTokenResponse, OwnerTokenDto } from './token.dto.js';

/** How long a token for one task holds, in seconds. */
const TASK_TOKEN_SECONDS = 3_600;

/** Short-lived tokens that only read, to be handed to browsers. */
@ApiTags('access')
@Controller('v1')
export class TokensController {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly tasks: TasksService,
    private readonly auditLog: AuditLog,
    private readonly dataSource: DataSource,
  ) {}

  /**
   * A token that reads this one task for an hour: its state, its events and its streams. That an operator takes one for another's
   * task is in the audit log; to make them for others is what a `service` is there for.
   */
  @Post('tasks/:id/token')
  @AllowRoles('client', 'service', 'operator')
  @UseGuards(TakesNoQuery, TakesNoBody)
  @HttpCode(201)
  @Header('cache-control', 'no-store')
  @ApiCreatedResponse({ type: AccessTokenResponse })
  async forTask(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<AccessToken> {
    const task = await this.tasks.get(caller, id);
    if (task.owner !== caller.owner && !caller.roles.includes('service'))
      await this.auditLog.done(this.dataSource.manager, { caller, action: 'token_issued', target: task.id });
    return this.tokens.issue({ owner: task.owner, taskId: task.id }, TASK_TOKEN_SECONDS);
  }

  /** A token that reads all tasks of one owner. */
  @Post('tokens')
  @AllowRoles('service')
  @UseGuards(TakesNoQuery)
  @HttpCode(201)
  @Header('cache-control', 'no-store')
  @ApiCreatedResponse({ type: AccessTokenResponse })
  forOwner(@Body() { owner, ttlSeconds }: OwnerTokenDto): Promise<AccessToken> {
    return this.tokens.issue({ owner, taskId: null }, ttlSeconds);
  }
}
