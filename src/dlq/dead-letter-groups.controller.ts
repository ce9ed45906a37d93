import { Controller, Get, Header, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AllowRoles } from '../auth/access.js';
import { ApiPage } from '../paging/api-page.decorator.js';
import { idBehind, pageText } from '../paging/page.js';
import { DeadLetterGroupResponse } from './dead-letter-group.dto.js';
import { DeadLetterGroupsRepository, type DeadLetterGroup } from './dead-letter-groups.repository.js';
import { DeadLettersQuery } from './dead-letters.query.js';

/** Dead letters by cause, for operators. */
@ApiTags('dead letters')
@Controller('v1/dead-letters/groups')
@AllowRoles('operator')
export class DeadLetterGroupsController {
  constructor(private readonly groups: DeadLetterGroupsRepository) {}

  /** The causes of dead letters, the one seen last first. Filters choose which letters count. */
  @Get()
  @Header('content-type', 'application/json; charset=utf-8')
  @ApiPage(DeadLetterGroupResponse)
  async list(@Query() query: DeadLettersQuery): Promise<string> {
    const groups = await this.groups.list(query, idBehind(query), query.limit + 1);
    return pageText(groups, query.limit, (group) => JSON.stringify(responseOf(group)));
  }
}

function responseOf(group: DeadLetterGroup): DeadLetterGroupResponse {
  const { id, topic, errorType, errorMessage, fingerprint, count, open, firstSeen, lastSeen } = group;
  return {
    fingerprint,
    count,
    open,
    firstSeen,
    lastSeen,
    topics: [topic],
    error: { type: errorType, message: errorMessage },
    example: id,
  };
}
