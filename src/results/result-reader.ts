import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ConsumedRecord } from '../consuming/positions.js';
import type { Effect, RecordReader } from '../consuming/record-pipeline.js';
import { letterOfRecord, type NewDeadLetter } from '../dlq/letter.js';
import { decodeResult, type DecodedResult } from './decode-result.js';
import { FindTasks } from './find-tasks.js';
import { RecordError } from './record-error.js';

/** Reads the records of result topics. */
@Injectable()
export class ResultReader implements RecordReader<DecodedResult> {
  constructor(private readonly findTasks: FindTasks) {}

  decode(record: ConsumedRecord): DecodedResult {
    return decodeResult(record);
  }

  async find(
    manager: EntityManager,
    decoded: readonly { record: ConsumedRecord; value: DecodedResult }[],
  ): Promise<Effect[]> {
    const found = await this.findTasks.find(
      manager,
      decoded.map(({ record, value }) => ({ ...value, topic: record.topic, at: new Date(record.timestamp) })),
    );
    return decoded.map(({ record, value: { report, attempt } }, index): Effect => {
      const task = found[index] ?? new RecordError('unknown_task', 'No task was looked for.');
      if (task instanceof RecordError) return { letter: this.letter(record, task) };
      if (task === 'late') return { ignored: 'already_terminal' };
      const at = new Date(record.timestamp);
      return { fact: { taskId: task.taskId, fact: { kind: 'report', report, attempt, at } } };
    });
  }

  letter(record: ConsumedRecord, error: unknown): NewDeadLetter {
    return letterOfRecord(record, { kind: 'result', group: record.group, taskId: null, error });
  }
}
