import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ConsumedRecord } from '../consuming/positions.js';
import type { Effect, RecordOutcome, RecordReader } from '../consuming/record-pipeline.js';
import { blamingRecords } from '../database/fault.js';
import { letterOfRecord, type NewDeadLetter } from '../dlq/letter.js';
import { Metrics } from '../observability/metrics.js';
import { decodeResult, type DecodedResult } from './decode-result.js';
import { FindTasks, type Found } from './find-tasks.js';
import { RecordError } from './record-error.js';

/** Reads the records of result topics. */
@Injectable()
export class ResultReader implements RecordReader<DecodedResult> {
  constructor(
    private readonly findTasks: FindTasks,
    private readonly metrics: Metrics,
  ) {}

  decode(record: ConsumedRecord): DecodedResult {
    return decodeResult(record);
  }

  async find(
    manager: EntityManager,
    decoded: readonly { record: ConsumedRecord; value: DecodedResult }[],
  ): Promise<Effect[]> {
    const found = await this.findTasks.find(
      manager,
      decoded.map(({ record: { topic, timestamp }, value: { taskId, key, headerTaskId } }) => {
        return { taskId, key, headerTaskId, topic, at: new Date(timestamp) };
      }),
    );
    return blamingRecords(() =>
      decoded.map(({ record, value }, index) => this.effectOf(record, value, found[index])),
    );
  }

  letter(record: ConsumedRecord, error: unknown): NewDeadLetter {
    return letterOfRecord(record, { kind: 'result', group: record.group, taskId: null, error });
  }

  count(outcome: RecordOutcome, reason: string): void {
    this.metrics.results.inc({ outcome, reason });
  }

  private effectOf(
    record: ConsumedRecord,
    { report, attempt }: DecodedResult,
    found: Found | undefined,
  ): Effect {
    if (found === undefined) throw new Error('fewer tasks were looked for than there are records');
    if (found instanceof RecordError) return { letter: this.letter(record, found) };
    if (found === 'late') return { ignored: 'already_terminal' };
    const at = new Date(record.timestamp);
    return { fact: { taskId: found.taskId, fact: { kind: 'report', report, attempt, at } } };
  }
}
