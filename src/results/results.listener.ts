import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { RecordPipeline } from '../consuming/record-pipeline.js';
import type { RecordBatch } from '../transport/transport.js';
import { ResultReader } from './result-reader.js';

/** The topic's door for results. */
@Controller()
export class ResultsListener {
  private readonly handle: (batch: RecordBatch) => Promise<void>;

  constructor(pipeline: RecordPipeline, reader: ResultReader) {
    this.handle = pipeline.handler(reader);
  }

  @EventPattern('results')
  async results(@Payload() batch: RecordBatch): Promise<void> {
    await this.handle(batch);
  }
}
