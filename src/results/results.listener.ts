import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { RecordGuards } from '../consuming/record-guards.js';
import { RecordPipeline } from '../consuming/record-pipeline.js';
import type { RecordBatch } from '../transport/transport.js';
import { ResultReader } from './result-reader.js';

/** The topic's door for results. */
@Controller()
export class ResultsListener {
  private readonly handle: (batch: RecordBatch) => Promise<void>;

  constructor(pipeline: RecordPipeline, reader: ResultReader, guards: RecordGuards) {
    this.handle = pipeline.handler(reader, guards.add({ name: 'results', readsLetters: false }));
  }

  @EventPattern('results')
  async results(@Payload() batch: RecordBatch): Promise<void> {
    await this.handle(batch);
  }
}
