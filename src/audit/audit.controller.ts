import { Controller, Get, Header, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { AllowRoles } from '../auth/access.js';
import { ApiPage } from '../paging/api-page.decorator.js';
import { idBehind, pageText } from '../paging/page.js';
import { PageQuery } from '../paging/page.query.js';
import type { AuditEntry } from './audit-entry.entity.js';
import { AuditEntryResponse } from './audit.dto.js';

const LIST = `
  SELECT id, at, outcome, owner, roles, action, target, code, address, count FROM audit_entries
  WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC LIMIT $2`;

/** The audit log, for operators. */
@ApiTags('operation')
@Controller('v1/audit')
@AllowRoles('operator')
export class AuditController {
  constructor(private readonly dataSource: DataSource) {}

  /** Refusals, and what was done to other owners' tasks, newest first. */
  @Get()
  @Header('content-type', 'application/json; charset=utf-8')
  @ApiPage(AuditEntryResponse)
  async list(@Query() query: PageQuery): Promise<string> {
    const found: AuditEntry[] = await this.dataSource.query(LIST, [idBehind(query), query.limit + 1]);
    return pageText(found, query.limit, (entry) => JSON.stringify(entry));
  }
}
