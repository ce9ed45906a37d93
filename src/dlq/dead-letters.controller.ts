import { Controller, Get, Header, Param, Query } from '@nestjs/common';
import { validate as isUuid } from 'uuid';
import { AppError } from '../errors/app-error.js';
import { idBehind, pageText } from '../paging/page.js';
import { deadLetterText } from './dead-letter-response.js';
import { DeadLetterRepository } from './dead-letter.repository.js';
import { DeadLettersQuery } from './dead-letters.query.js';

const JSON_TYPE = 'application/json; charset=utf-8';

/** Dead letters, for operators. */
@Controller('v1/dead-letters')
export class DeadLettersController {
  constructor(private readonly deadLetters: DeadLetterRepository) {}

  /** Dead letters, newest first. */
  @Get()
  @Header('content-type', JSON_TYPE)
  async list(@Query() query: DeadLettersQuery): Promise<string> {
    const letters = await this.deadLetters.list(query, idBehind(query));
    return pageText(letters, query.limit, deadLetterText);
  }

  /** One dead letter. */
  @Get(':id')
  @Header('content-type', JSON_TYPE)
  async get(@Param('id') id: string): Promise<string> {
    const letter = isUuid(id) ? await this.deadLetters.find(id) : null;
    if (!letter) throw new AppError('not_found', 'there is no such dead letter');
    return deadLetterText(letter);
  }
}
