import { Controller, Get, Header, Param, Query, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { validate as isUuid } from 'uuid';
import { AllowRoles } from '../auth/access.js';
import { AppError } from '../errors/app-error.js';
import { TakesNoQuery } from '../errors/takes-no-values.guard.js';
import { ApiPage } from '../paging/api-page.decorator.js';
import { idBehind, pageText } from '../paging/page.js';
import { deadLetterText } from './dead-letter-response.js';
import { DeadLetterResponse } from './dead-letter.dto.js';
import { DeadLetterRepository, type LetterSize } from './dead-letter.repository.js';
import { DeadLettersQuery } from './dead-letters.query.js';

const JSON_TYPE = 'application/json; charset=utf-8';

/** A page ends behind the letter with which its contents reach this size. */
const PAGE_BYTES = 8 * 1024 * 1024;

/** Dead letters, for operators. */
@ApiTags('dead letters')
@Controller('v1/dead-letters')
@AllowRoles('operator')
export class DeadLettersController {
  constructor(private readonly deadLetters: DeadLetterRepository) {}

  /** Dead letters, newest first. A page ends before its limit where their contents are large. */
  @Get()
  @Header('content-type', JSON_TYPE)
  @ApiPage(DeadLetterResponse)
  async list(@Query() query: DeadLettersQuery): Promise<string> {
    const found = await this.deadLetters.list(query, idBehind(query), query.limit + 1);
    const count = Math.min(query.limit, fitting(found));
    const letters = await this.deadLetters.load(found.slice(0, count).map(({ id }) => id));
    const texts = new Map(letters.map((letter) => [letter.id, deadLetterText(letter)]));
    const kept = found.filter(({ id }, index) => index >= count || texts.has(id));
    return pageText(kept, texts.size, ({ id }) => texts.get(id) ?? '');
  }

  /** One dead letter. */
  @Get(':id')
  @UseGuards(TakesNoQuery)
  @Header('content-type', JSON_TYPE)
  @ApiOkResponse({ type: DeadLetterResponse })
  async get(@Param('id') id: string): Promise<string> {
    const letter = isUuid(id) ? await this.deadLetters.find(id) : null;
    if (!letter) throw new AppError('not_found', 'there is no such dead letter');
    return deadLetterText(letter);
  }
}

/** How many of the letters, at least one, make up a page by their size. */
function fitting(letters: readonly LetterSize[]): number {
  let bytes = 0;
  const last = letters.findIndex((letter) => (bytes += letter.bytes) >= PAGE_BYTES);
  return last < 0 ? letters.length : last + 1;
}
