import { Module } from '@nestjs/common';
import { ConsumingModule } from '../consuming/consuming.module.js';
import { DispatchModule } from '../dispatch/dispatch.module.js';
import { DeadLetterCopier } from './dead-letter-copier.js';
import { DeadLetterReader } from './dead-letter-reader.js';
import { DeadLettersListener } from './dead-letters.listener.js';

/** The dead letter listener, and the copies of our own letters that go the other way. */
@Module({
  imports: [ConsumingModule, DispatchModule],
  controllers: [DeadLettersListener],
  providers: [DeadLetterReader, DeadLetterCopier],
})
export class DeadLettersListenerModule {}
