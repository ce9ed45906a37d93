import { Body, Controller, Get, Header, HttpCode, Param, Post, Query, UseGuards } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { AllowRoles } from '../auth/access.js';
import { CurrentCaller, type Caller } from '../auth/caller.js';
import { ApiProblems } from '../errors/api-problems.decorator.js';
import { TakesNoQuery } from '../errors/takes-no-values.guard.js';
import { ApiPage } from '../paging/api-page.decorator.js';
import { idBehind } from '../paging/page.js';
import { deadLetterText } from './dead-letter-response.js';
import { DeadLetterResponse } from './dead-letter.dto.js';
import type { DeadLetter } from './dead-letter.entity.js';
import { DeadLetterRepository } from './dead-letter.repository.js';
import { DeadLettersQuery } from './dead-letters.query.js';
import { LetterHistory } from './letter-history.js';
import { LetterTexts } from './letter-texts.js';
import type { Mend } from './redrive/mend.js';
import { DiscardLetterDto, RedriveLetterDto } from './redrive/redrive.dto.js';
import { RedriveService } from './redrive/redrive.service.js';

const JSON_TYPE = 'application/json; charset=utf-8';

/** Dead letters, for operators. */
@ApiTags('dead letters')
@Controller('v1/dead-letters')
@AllowRoles('operator')
export class DeadLettersController {
  constructor(
    private readonly deadLetters: DeadLetterRepository,
    private readonly history: LetterHistory,
    private readonly letterTexts: LetterTexts,
    private readonly service: RedriveService,
  ) {}

  /** Dead letters, newest first. A page ends before its limit where their contents are large. */
  @Get()
  @Header('content-type', JSON_TYPE)
  @ApiPage(DeadLetterResponse)
  async list(@Query() query: DeadLettersQuery): Promise<string> {
    const found = await this.deadLetters.list(query, idBehind(query), query.limit + 1);
    return this.letterTexts.page(found, query.limit, (_, text) => text);
  }

  /** One dead letter. */
  @Get(':id')
  @UseGuards(TakesNoQuery)
  @Header('content-type', JSON_TYPE)
  @ApiOkResponse({ type: DeadLetterResponse })
  async get(@Param('id') id: string): Promise<string> {
    return this.text(await this.service.get(id));
  }

  /**
   * Sends a letter's record again, mended or as it is. The letter of a request brings its task back: same id, next attempt, and
   * a mended value becomes its payload. Any other record goes to the topic that it came from.
   */
  @Post(':id/redrive')
  @UseGuards(TakesNoQuery)
  @HttpCode(202)
  @Header('content-type', JSON_TYPE)
  @ApiAcceptedResponse({ type: DeadLetterResponse })
  @ApiProblems(
    'dead_letter_not_open',
    'task_not_redrivable',
    'dead_letter_truncated',
    'dead_letter_without_topic',
    'correlation_in_use',
    'payload_invalid',
    'payload_too_large',
  )
  async redrive(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() { note, ...mend }: RedriveLetterDto,
  ): Promise<string> {
    return this.text(await this.service.redrive(caller, id, given(mend), note ?? null));
  }

  /** Closes a letter for good; it stays on record. */
  @Post(':id/discard')
  @UseGuards(TakesNoQuery)
  @HttpCode(200)
  @Header('content-type', JSON_TYPE)
  @ApiOkResponse({ type: DeadLetterResponse })
  @ApiProblems('dead_letter_not_open')
  async discard(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() { note }: DiscardLetterDto,
  ): Promise<string> {
    return this.text(await this.service.discard(caller, id, note));
  }

  private async text(letter: DeadLetter): Promise<string> {
    const histories = await this.history.of([letter.id]);
    return deadLetterText(letter, histories.get(letter.id) ?? []);
  }
}

/** The fields that are there at all. */
function given(mend: Mend): Mend {
  return Object.fromEntries(Object.entries(mend).filter(([, value]) => value !== undefined));
}
