import { Body, Controller, Get, Header, HttpCode, Param, Post, Query, Res, UseGuards } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { AllowRoles } from '../../auth/access.js';
import type { Caller } from '../../auth/caller.js';
import { CurrentCaller } from '../../auth/caller.js';
import { ApiProblems } from '../../errors/api-problems.decorator.js';
import { TakesNoBody, TakesNoQuery } from '../../errors/takes-no-values.guard.js';
import { ApiPage } from '../../paging/api-page.decorator.js';
import { idBehind, pageText } from '../../paging/page.js';
import { PageQuery } from '../../paging/page.query.js';
import { LetterTexts } from '../letter-texts.js';
import { RedrivePreviewResponse, RedriveResponse, StartRedriveDto } from './redrive.dto.js';
import type { Redrive } from './redrive.entity.js';
import { RedriveRepository } from './redrive.repository.js';
import { RedrivesService } from './redrives.service.js';

const JSON_TYPE = 'application/json; charset=utf-8';

/** How many letters a preview shows. */
const SAMPLE = 5;

const DEFAULT_RATE = 1_000;
const DEFAULT_FAILURE_RATE = 0.5;

/** Redrives of many dead letters, for operators. */
@ApiTags('dead letters')
@Controller('v1/redrives')
@AllowRoles('operator')
export class RedrivesController {
  constructor(
    private readonly service: RedrivesService,
    private readonly redrives: RedriveRepository,
    private readonly letterTexts: LetterTexts,
  ) {}

  /** Sends the open letters that match now again, oldest first; with `dryRun`, only tells which. */
  @Post()
  @UseGuards(TakesNoQuery)
  @HttpCode(202)
  @Header('content-type', JSON_TYPE)
  @ApiAcceptedResponse({
    type: RedriveResponse,
    headers: { location: { schema: { type: 'string' }, description: 'The path of the redrive' } },
  })
  @ApiOkResponse({ type: RedrivePreviewResponse, description: 'A dry run: nothing was started' })
  async start(
    @CurrentCaller() caller: Caller,
    @Body() body: StartRedriveDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { filter, limit, ratePerSecond, stopOnFailureRate, note } = body;
    if (body.dryRun === true) {
      void reply.status(200);
      const { matched, ids } = await this.service.preview(filter, Math.min(SAMPLE, limit ?? SAMPLE));
      const sample = await this.letterTexts.of(ids);
      return `{"matched":${Math.min(matched, limit ?? matched)},"sample":[${[...sample.values()].join(',')}]}`;
    }
    const redrive = await this.service.start(caller, {
      filter,
      limit: limit ?? null,
      ratePerSecond: ratePerSecond ?? DEFAULT_RATE,
      stopOnFailureRate: stopOnFailureRate ?? DEFAULT_FAILURE_RATE,
      note: note ?? null,
    });
    void reply.header('location', `/v1/redrives/${redrive.id}`);
    return redriveText(redrive);
  }

  /** Redrives, newest first. */
  @Get()
  @Header('content-type', JSON_TYPE)
  @ApiPage(RedriveResponse)
  async list(@Query() query: PageQuery): Promise<string> {
    const found = await this.redrives.list(idBehind(query), query.limit + 1);
    return pageText(found, query.limit, redriveText);
  }

  /** One redrive. */
  @Get(':id')
  @UseGuards(TakesNoQuery)
  @Header('content-type', JSON_TYPE)
  @ApiOkResponse({ type: RedriveResponse })
  async get(@Param('id') id: string): Promise<string> {
    return redriveText(await this.service.get(id));
  }

  /** Ends a running redrive. What it has sent stays sent, the other letters stay open. */
  @Post(':id/cancel')
  @UseGuards(TakesNoQuery, TakesNoBody)
  @HttpCode(200)
  @Header('content-type', JSON_TYPE)
  @ApiOkResponse({ type: RedriveResponse })
  @ApiProblems('redrive_not_running')
  async cancel(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<string> {
    return redriveText(await this.service.cancel(caller, id));
  }
}

/** The redrive as operators see it (`/openapi.json`), as JSON text. */
function redriveText(redrive: Redrive): string {
  const { id, status, stopReason, ratePerSecond, stopOnFailureRate, note, by, createdAt, finishedAt } =
    redrive;
  const { matched, sent, skipped, failed } = redrive;
  const remaining = Math.max(0, matched - sent - skipped - failed);
  const counts = { matched, sent, skipped, failed, remaining };
  const settings = { ratePerSecond, stopOnFailureRate, note, by, createdAt, finishedAt };
  const text = JSON.stringify({ id, status, stopReason, ...counts, ...settings });
  return `${text.slice(0, -1)},"filter":${redrive.filter}}`;
}
