import { Module } from '@nestjs/common';
import { DeadLetterGroupsController } from './dead-letter-groups.controller.js';
import { DeadLetterGroupsRepository } from './dead-letter-groups.repository.js';
import { DeadLettersController } from './dead-letters.controller.js';
import { LetterTexts } from './letter-texts.js';
import { RedriveService } from './redrive/redrive.service.js';
import { RedrivesController } from './redrive/redrives.controller.js';
import { RedrivesService } from './redrive/redrives.service.js';
import { RedrivingModule } from './redrive/redriving.module.js';

/** Dead letters over REST: looking at them, alone and by cause, mending them, sending them again. */
@Module({
  imports: [RedrivingModule],
  controllers: [DeadLetterGroupsController, DeadLettersController, RedrivesController],
  providers: [DeadLetterGroupsRepository, LetterTexts, RedriveService, RedrivesService],
})
export class DeadLettersModule {}
