import { Controller, Get, Header, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AllowRoles } from '../auth/access.js';
import { ApiPage } from '../paging/api-page.decorator.js';
import { idBehind } from '../paging/page.js';
import { DeadLetterGroupResponse } from './dead-letter-group.dto.js';
import { DeadLetterGroupsRepository, type DeadLetterGroup } from './dead-letter-groups.repository.js';
import { DeadLettersQuery } from './dead-letters.query.js';
import { LetterTexts } from './letter-texts.js';

/** Dead letters by cause, for operators. */
@ApiTags('dead letters')
@Controller('v1/dead-letters/groups')
@AllowRoles('operator')
export class DeadLetterGroupsController {
  constructor(
    private readonly groups: DeadLetterGroupsRepository,
    private readonly letterTexts: LetterTexts,
  ) {}

  /** The causes of dead letters, the one seen last first. Filters choose which letters count. A page may end before its limit. */
  @Get()
  @Header('content-type', 'application/json; charset=utf-8')
  @ApiPage(DeadLetterGroupResponse)
  async list(@Query() query: DeadLettersQuery): Promise<string> {
    const groups = await this.groups.list(query, idBehind(query), query.limit + 1);
    return this.letterTexts.page(groups, query.limit, groupText);
  }
}

/** The group as operators see it (`/openapi.json`), as JSON text. */
function groupText(group: DeadLetterGroup, example: string): string {
  const { topic, errorType, errorMessage, fingerprint, count, open, firstSeen, lastSeen } = group;
  const error = { type: errorType, message: errorMessage };
  const text = JSON.stringify({ fingerprint, count, open, firstSeen, lastSeen, topics: [topic], error });
  return `${text.slice(0, -1)},"example":${example}}`;
}
