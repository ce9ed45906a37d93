import { Module } from '@nestjs/common';
import { TaskStoreModule } from '../../tasks/task-store.module.js';
import { ClaimRepository } from './claim.repository.js';
import { Claimer } from './claimer.js';
import { Claiming } from './claiming.js';
import { ClaimsController } from './claims.controller.js';
import { ReleaseService } from './release.service.js';

/** Claims over HTTP. */
@Module({
  imports: [TaskStoreModule],
  controllers: [ClaimsController],
  providers: [Claimer, Claiming, ClaimRepository, ReleaseService],
})
export class ClaimsModule {}
