import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { GroupCommit } from '../database/group-commit.js';
import { splitting } from '../database/splitting.js';
import { transact } from '../database/transaction.js';
import { AppError } from '../errors/app-error.js';
import { EventBus } from '../events/event-bus.js';
import { Metrics } from '../observability/metrics.js';
import { TaskTypes } from '../task-types/task-types.js';
import type { Outcome } from '../tasks/facts.js';
import { TaskRepository } from '../tasks/task.repository.js';
import { TaskWriter, type TaskFact } from '../tasks/task-writer.js';
import { decodeResultText, type DecodedResult } from './decode-result.js';
import { RecordError } from './record-error.js';

/** A result that could be read, and when it came. */
interface Received extends DecodedResult {
  at: Date;
  /** About what it costs in memory. */
  bytes: number;
}

/** What became of a result; an error for one that is rejected. */
type Answer = Outcome | AppError;

/** What one commit takes at the most, in bytes; a result counts its text and this much for the rest. */
const MAX_GROUP_BYTES = 8 * 1024 * 1024;
const ROW_BYTES = 4 * 1024;

/** What waits for a commit at the most, counted in the same way. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/** The way of results over HTTP into the database: decode → find the task → fold → write. Requests share commits. */
@Injectable()
export class ResultIntake {
  private waitingBytes = 0;
  private readonly commits = new GroupCommit<Received[], Answer[]>({
    work: (requests) => this.commitEach(requests),
    maxWeight: MAX_GROUP_BYTES,
    weight: sizeOf,
  });

  constructor(
    private readonly dataSource: DataSource,
    private readonly tasks: TaskRepository,
    private readonly writer: TaskWriter,
    private readonly taskTypes: TaskTypes,
    private readonly bus: EventBus,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Takes the results of one request, JSON texts, in order. What was applied is durable when this resolves.
   *
   * @throws AppError `unavailable`
   */
  async take(texts: readonly string[]): Promise<Answer[]> {
    const at = new Date();
    const decoded = texts.map((text) => decode(text, at));
    for (const result of decoded) if (result instanceof AppError) this.count(result);
    const readable = decoded.filter(isNoError);
    const answers = readable.length === 0 ? [] : await this.add(readable);
    const all = decoded.map((result) => (result instanceof AppError ? result : answers.shift()));
    return all.map((answer) => answer ?? gone());
  }

  private async add(results: Received[]): Promise<Answer[]> {
    const bytes = sizeOf(results);
    if (this.waitingBytes + bytes > MAX_WAITING_BYTES)
      throw new AppError('unavailable', 'the database does not keep up; try again later');
    this.waitingBytes += bytes;
    try {
      return await this.commits.add(results);
    } finally {
      this.waitingBytes -= bytes;
    }
  }

  /** Commits many requests together. Where the database refuses one's data, that result alone is rejected. */
  private async commitEach(requests: Received[][]): Promise<{ result: Answer[] }[]> {
    const answers = new Map<Received, Answer>();
    await splitting(
      requests.flat(),
      async (part) => {
        for (const [index, answer] of (await this.commit(part)).entries()) {
          const result = part[index];
          if (result) answers.set(result, answer);
        }
      },
      (result, cause) => {
        answers.set(
          result,
          new AppError('result_invalid', 'the result cannot be stored as it is', { cause }),
        );
      },
    );
    for (const answer of answers.values()) this.count(answer);
    return requests.map((results) => ({ result: results.map((result) => answers.get(result) ?? gone()) }));
  }

  private async commit(results: readonly Received[]): Promise<Answer[]> {
    const { answers, events } = await transact(this.dataSource, async (manager) => {
      const facts = await this.facts(manager, results);
      const { outcomes, events } = await this.writer.apply(manager, facts.filter(isNoError));
      const answers = facts.map((fact) => (fact instanceof AppError ? fact : (outcomes.shift() ?? gone())));
      return { answers, events };
    });
    this.bus.announce(events);
    return answers;
  }

  /** What the results say of tasks; over HTTP, a task is named by its id and by nothing else. */
  private async facts(
    manager: EntityManager,
    results: readonly Received[],
  ): Promise<(TaskFact | AppError)[]> {
    const idOf = ({ taskId }: Received): string => taskId?.toLowerCase() ?? '';
    const ids = new Set(results.map(idOf).filter((id) => isUuid(id)));
    const { tasks } = await this.tasks.lock(manager, [...ids], { skipLocked: false });
    const types = new Map(tasks.map(({ id, type }) => [id, type]));
    return results.map((result) => {
      const { report, attempt, at } = result;
      const taskId = idOf(result);
      const type = types.get(taskId);
      if (type === undefined) return gone();
      if (attempt === null && this.taskTypes.orDefault(type).delivery === 'claim')
        return new AppError('result_invalid', 'the attempt is required for a task that was claimed');
      return { taskId, fact: { kind: 'report', report, attempt, at } };
    });
  }

  private count(answer: Answer): void {
    if (answer instanceof AppError) this.metrics.results.inc({ outcome: 'rejected', reason: answer.code });
    else if (answer.outcome === 'ignored') this.metrics.results.inc(answer);
    else this.metrics.results.inc({ outcome: 'applied', reason: '' });
  }
}

function decode(text: string, at: Date): Received | AppError {
  try {
    return { ...decodeResultText(text), at, bytes: text.length + ROW_BYTES };
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    const code = error.code === 'result_too_large' ? 'payload_too_large' : 'result_invalid';
    return new AppError(code, error.message, { cause: error });
  }
}

function isNoError<T>(value: T | AppError): value is T {
  return !(value instanceof AppError);
}

function sizeOf(results: readonly Received[]): number {
  return results.reduce((sum, { bytes }) => sum + bytes, 0);
}

function gone(): AppError {
  return new AppError('not_found', 'there is no such task');
}
