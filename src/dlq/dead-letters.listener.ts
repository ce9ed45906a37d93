import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { RecordGuards } from '../consuming/record-guards.js';
import { RecordPipeline } from '../consuming/record-pipeline.js';
import type { RecordBatch } from '../transport/transport.js';
import { DeadLetterReader } from './dead-letter-reader.js';

/** The topics' door for dead letters. */
@Controller()
export class DeadLettersListener {
  private readonly handle: (batch: RecordBatch) => Promise<void>;

  constructor(pipeline: RecordPipeline, reader: DeadLetterReader, guards: RecordGuards) {
    this.handle = pipeline.handler(reader, guards.add({ name: 'dead-letters', readsLetters: true }));
  }

  @EventPattern('dead-letters')
  async deadLetters(@Payload() batch: RecordBatch): Promise<void> {
    await this.handle(batch);
  }
}
