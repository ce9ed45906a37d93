import { Body, Controller, Header, HttpCode, Post, Res, UseGuards } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { AllowRoles } from '../../auth/access.js';
import { CurrentCaller, type Caller } from '../../auth/caller.js';
import { goneOrRevoked, secondsLeft } from '../../auth/when-expired.js';
import { ApiProblems } from '../../errors/api-problems.decorator.js';
import { AppError } from '../../errors/app-error.js';
import { TakesNoQuery } from '../../errors/takes-no-values.guard.js';
import { TaskTypes } from '../../task-types/task-types.js';
import { goneSignal } from '../../http/gone-signal.js';
import { invalidField } from '../../tasks/invalid-field.js';
import { OutcomesResponse, outcomesOf } from '../../tasks/outcome.dto.js';
import { CLAIM_LEASE_SECONDS } from '../dispatch.repository.js';
import { claimText, type Claim } from './claim.js';
import { Claimer } from './claimer.js';
import { ClaimDto, ClaimsResponse, ReleaseDto } from './claims.dto.js';
import { ReleaseService } from './release.service.js';

/** Tasks for compute workers that ask over HTTP. */
@ApiTags('workers')
@Controller('v1/claims')
@AllowRoles('compute')
@UseGuards(TakesNoQuery)
export class ClaimsController {
  constructor(
    private readonly claimer: Claimer,
    private readonly releases: ReleaseService,
    private readonly taskTypes: TaskTypes,
  ) {}

  /**
   * Claims tasks: each belongs to the worker until its lease ends, and is then handed out again. With `waitSeconds`, the
   * answer is held while there are none. Where the worker has gone before the answer was written, its tasks are given
   * back.
   */
  @Post()
  @HttpCode(200)
  @Header('content-type', 'application/json; charset=utf-8')
  @ApiBody({ type: ClaimDto, required: false })
  @ApiOkResponse({ type: ClaimsResponse })
  @ApiProblems('unknown_task_type')
  async claim(
    @CurrentCaller() caller: Caller,
    @Body() body: ClaimDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const request = {
      types: this.typesOf(body),
      max: body.max ?? 1,
      lease: { worker: body.worker ?? null, seconds: body.leaseSeconds ?? CLAIM_LEASE_SECONDS },
      waitSeconds: Math.min(body.waitSeconds ?? 0, secondsLeft(caller)),
    };
    const gone = goneSignal(reply);
    const claims = await this.claimer.claim(request, goneOrRevoked(caller, gone));
    this.takeBackFromGone(claims, reply, gone);
    return `{"items":[${claims.map(claimText).join(',')}]}`;
  }

  /** Gives claims back: queued again at once with the next attempt, the budget not charged. Each stands alone. */
  @Post('release')
  @HttpCode(200)
  @ApiOkResponse({ type: OutcomesResponse })
  async release(@Body() { items }: ReleaseDto): Promise<OutcomesResponse> {
    return outcomesOf(await this.releases.release(items), '/v1/claims/release');
  }

  private typesOf({ types }: ClaimDto): string[] {
    const names = types ?? this.taskTypes.byDelivery('claim').map(({ name }) => name);
    for (const name of names) {
      const type = this.taskTypes.get(name);
      if (!type) throw new AppError('unknown_task_type', `there is no task type ${name}`);
      if (type.delivery !== 'claim')
        throw invalidField('types', `must name types with the delivery claim, which ${name} is not`);
    }
    return [...new Set(names)];
  }

  private takeBackFromGone(claims: readonly Claim[], reply: FastifyReply, gone: AbortSignal): void {
    if (claims.length === 0) return;
    const takeBack = (): void => {
      if (!reply.raw.writableFinished) void this.releases.giveBack(claims);
    };
    if (gone.aborted) takeBack();
    else gone.addEventListener('abort', takeBack, { once: true });
  }
}
