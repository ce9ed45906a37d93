import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { newId } from '../database/new-id.js';
import type { ConsumedRecord } from '../consuming/positions.js';
import type { Effect, RecordReader } from '../consuming/record-pipeline.js';
import { blamingRecords } from '../database/fault.js';
import { REQUEST_HEADERS } from '../dispatch/request-record.js';
import { attemptIn } from './attempt-in.js';
import { headerText } from '../results/decode-header.js';
import { shortError } from '../results/decode-task-error.js';
import { TaskTypes } from '../task-types/task-types.js';
import { TaskRepository } from '../tasks/task.repository.js';
import type { TaskError } from '../tasks/task-state.js';
import type { DeadLetterReading } from './decode/dead-letter-reading.js';
import { DEAD_LETTER_ID_HEADER } from './decode/own-header.js';
import { readDeadLetter } from './decode/read-dead-letter.js';
import { readUnknown } from './decode/unknown-format.js';
import type { DeadLetterKind } from './dead-letter.entity.js';
import { identityOf, type NewDeadLetter } from './letter.js';

const SUFFIX = /-dlq$/;

/** Reads `-dlq` topics, from whoever wrote there. `null` is a copy of our own, which is in the table already. */
@Injectable()
export class DeadLetterReader implements RecordReader<DeadLetterReading | null> {
  constructor(
    private readonly tasks: TaskRepository,
    private readonly taskTypes: TaskTypes,
  ) {}

  decode(record: ConsumedRecord): DeadLetterReading | null {
    return DEAD_LETTER_ID_HEADER in record.headers ? null : readDeadLetter(record);
  }

  /** The letter of a request moves its task; every letter is kept, also where its task has moved on. */
  async find(
    manager: EntityManager,
    decoded: readonly { record: ConsumedRecord; value: DeadLetterReading | null }[],
  ): Promise<Effect[]> {
    const candidates = blamingRecords(() => decoded.map(({ value }) => (value ? candidatesOf(value) : [])));
    const existing = await this.tasks.existing(manager, candidates.flat());
    return blamingRecords(() =>
      decoded.map(({ record, value }, index) => {
        const taskId = candidates[index]?.find((id) => existing.has(id)) ?? null;
        return value ? this.effectOf(this.letterOf(record, value, taskId), value) : { ignored: 'own_copy' };
      }),
    );
  }

  /** A dead letter is never itself dead-lettered: what cannot be read is kept raw. */
  letter(record: ConsumedRecord): NewDeadLetter {
    return this.letterOf(record, readUnknown(record), null);
  }

  private effectOf(letter: NewDeadLetter, reading: DeadLetterReading): Effect {
    const { id: deadLetterId, kind, taskId, error, original } = letter;
    if (taskId === null || kind !== 'request') return { letter };
    const attempt = attemptIn(reading.headers);
    return {
      letter,
      fact: {
        taskId,
        fact: {
          kind: 'dead-lettered',
          deadLetterId,
          error: shortError(error),
          attempt,
          at: original.timestamp,
        },
      },
    };
  }

  private letterOf(record: ConsumedRecord, reading: DeadLetterReading, taskId: string | null): NewDeadLetter {
    const { original, key, value, headers, error, attempts, group, failedAt, truncated } = reading;
    const topic = original.topic ?? record.topic.replace(SUFFIX, '');
    return {
      id: newId(),
      identity: identityFor(record, reading),
      kind: this.kindOf(topic),
      topic,
      original: { ...original, timestamp: original.timestamp === null ? null : new Date(original.timestamp) },
      key,
      value,
      headers,
      error: taskError(error),
      attempts,
      group,
      taskId,
      failedAt,
      truncated,
      copy: false,
    };
  }

  private kindOf(topic: string): DeadLetterKind {
    if (this.taskTypes.namesByRequestTopic(topic).length > 0) return 'request';
    return this.taskTypes.namesByResultTopic(topic).length > 0 ? 'result' : 'other';
  }
}

/** Where the task's id can stand: in the letter, or, in copies of the record itself, in its header, value or key. */
function candidatesOf({ taskId, key, value, headers }: DeadLetterReading): string[] {
  const candidates = [
    taskId,
    headerText(headers, REQUEST_HEADERS.taskId),
    taskIdIn(value),
    key && key.toString(),
  ];
  return candidates.flatMap((id) => (id !== null && isUuid(id) ? [id.toLowerCase()] : []));
}

function taskIdIn(value: Buffer | null): string | null {
  try {
    const parsed: unknown = JSON.parse(value?.toString() ?? 'null');
    const id: unknown =
      typeof parsed === 'object' && parsed !== null && 'taskId' in parsed ? parsed.taskId : null;
    return typeof id === 'string' ? id : null;
  } catch {
    return null; // the value need not be JSON
  }
}

/** One failure makes one row: by where the record was, if the letter tells, else by where the letter is. */
function identityFor(record: ConsumedRecord, { original, group }: DeadLetterReading): Buffer {
  const { topic, partition, offset, timestamp } = original;
  if (topic !== null && partition !== null && offset !== null)
    return identityOf(topic, partition, offset, timestamp, group);
  return identityOf(record.topic, record.partition, record.offset, record.timestamp, null);
}

function taskError({ type, message, stack, code }: DeadLetterReading['error']): TaskError {
  return { type, message, ...(stack === null ? {} : { stack }), ...(code === null ? {} : { code }) };
}
