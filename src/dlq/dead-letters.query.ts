import { IntersectionType } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { PageQuery } from '../paging/page.query.js';
import { DeadLetterFilter } from './dead-letter-filter.query.js';
import { DEAD_LETTER_STATUSES, type DeadLetterStatus } from './dead-letter.entity.js';

/** Which dead letters to list, newest first. */
export class DeadLettersQuery extends IntersectionType(DeadLetterFilter, PageQuery) {
  @IsOptional()
  @IsIn(DEAD_LETTER_STATUSES)
  status?: DeadLetterStatus;
}
