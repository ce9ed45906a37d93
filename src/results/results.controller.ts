import { Controller, HttpCode, Post, Req, UseGuards, type RawBodyRequest } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { AllowRoles } from '../auth/access.js';
import { TakesNoQuery } from '../errors/takes-no-values.guard.js';
import { bodyText } from '../http/body-text.js';
import { OutcomesResponse, outcomesOf } from '../tasks/outcome.dto.js';
import { receivedResults } from './received-results.js';
import { ResultIntake } from './result-intake.js';
import { RESULTS_BODY, RESULTS_PATH } from './results-body.js';

/** HTTP's door for results. */
@ApiTags('workers')
@Controller(RESULTS_PATH)
@AllowRoles('compute')
export class ResultsController {
  constructor(private readonly intake: ResultIntake) {}

  /**
   * Takes a compute worker's answers and reports: one, or up to 100 in `results`. Each stands alone. What was applied is
   * durable when the answer comes; what was ignored tells the worker to stop.
   */
  @Post()
  @UseGuards(TakesNoQuery)
  @HttpCode(200)
  @ApiBody({ schema: RESULTS_BODY })
  @ApiOkResponse({ type: OutcomesResponse })
  async results(@Req() request: RawBodyRequest<FastifyRequest>): Promise<OutcomesResponse> {
    const texts = receivedResults(request.body, bodyText(request));
    return outcomesOf(await this.intake.take(texts), RESULTS_PATH);
  }
}
