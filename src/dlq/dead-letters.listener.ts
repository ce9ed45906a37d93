import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { RecordPipeline } from '../consuming/record-pipeline.js';
import type { RecordBatch } from '../transport/transport.js';
import { DeadLetterReader } from './dead-letter-reader.js';

/** The topics' door for dead letters. */
@Controller()
export class DeadLettersListener {
  private readonly handle: (batch: RecordBatch) => Promise<void>;

  constructor(pipeline: RecordPipeline, reader: DeadLetterReader) {
    this.handle = pipeline.handler(reader);
  }

  @EventPattern('dead-letters')
  async deadLetters(@Payload() batch: RecordBatch): Promise<void> {
    await this.handle(batch);
  }
}
