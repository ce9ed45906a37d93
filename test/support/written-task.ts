import type { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { RecordedEvent } from '../../src/events/event.js';
import type { TaskEventType, TaskStatus } from '../../src/tasks/task-state.js';

const INSERT = `
  WITH task AS (
    INSERT INTO tasks (id, type, status, attempt, max_attempts, attempts_used, owner, payload, progress, message, seq,
      created_at, updated_at, attempt_at, expires_at, expires_in_seconds)
    VALUES ($1, 'default', 'queued', 1, 3, 0, $2, '{}', 0, 'Task Received', 1, now(), now(), now(), now(), 60)
  )
  INSERT INTO task_events VALUES ($1, 1, 'submitted', 'queued', 1, now(), NULL)`;

const APPEND = `
  WITH task AS (
    UPDATE tasks SET seq = seq + 1, status = $3, result = $5, updated_at = now() WHERE id = $1 RETURNING id, seq, attempt
  )
  INSERT INTO task_events SELECT id, seq, $2, $3, attempt, now(), $4 FROM task RETURNING seq, attempt, at`;

const STATUS_AFTER: Partial<Record<TaskEventType, TaskStatus>> = {
  running: 'running',
  progress: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
};

/** What a step brings, as JSON texts. */
interface Step {
  data?: string;
  result?: string;
}

/** A task whose history a test writes by SQL, so that nobody hears of it but by what the test announces. */
export class WrittenTask {
  readonly id = uuidv7();

  private constructor(
    private readonly dataSource: DataSource,
    private readonly owner: string,
  ) {}

  /** Writes a task with its first event, `submitted`. */
  static async create(dataSource: DataSource, owner = 'local'): Promise<WrittenTask> {
    const task = new WrittenTask(dataSource, owner);
    await dataSource.query(INSERT, [task.id, owner]);
    return task;
  }

  /** Writes the next event, and gives it as it is to be announced. */
  async append(type: TaskEventType, { data, result }: Step = {}): Promise<RecordedEvent> {
    const status = STATUS_AFTER[type] ?? 'queued';
    const parameters = [this.id, type, status, data ?? null, result ?? null];
    const [row] = await this.dataSource.query<Pick<RecordedEvent, 'seq' | 'attempt' | 'at'>[]>(
      APPEND,
      parameters,
    );
    if (!row) throw new Error('the task is gone');
    return {
      taskId: this.id,
      owner: this.owner,
      type,
      status,
      data: data ?? null,
      result: result ?? null,
      ...row,
    };
  }
}
