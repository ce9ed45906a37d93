import { Module } from '@nestjs/common';
import { ConsumingModule } from '../consuming/consuming.module.js';
import { DispatchModule } from '../dispatch/dispatch.module.js';
import { DeadLetterCopier } from './dead-letter-copier.js';
import { DeadLetterReader } from './dead-letter-reader.js';
import { RedriveSender } from './redrive/redrive-sender.js';
import { RedrivingModule } from './redrive/redriving.module.js';
import { DeadLettersListener } from './dead-letters.listener.js';

/** The dead letter listener; and what goes the other way: copies of our own letters, and records that are sent again. */
@Module({
  imports: [ConsumingModule, DispatchModule, RedrivingModule],
  controllers: [DeadLettersListener],
  providers: [DeadLetterReader, DeadLetterCopier, RedriveSender],
})
export class DeadLettersListenerModule {}
