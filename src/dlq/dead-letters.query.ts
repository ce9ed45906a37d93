import { IntersectionType } from '@nestjs/swagger';
import { PageQuery } from '../paging/page.query.js';
import { DeadLetterFilter } from './dead-letter-filter.query.js';

/** Which dead letters to list, newest first. */
export class DeadLettersQuery extends IntersectionType(DeadLetterFilter, PageQuery) {}
