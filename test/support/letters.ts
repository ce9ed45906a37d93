import { DataSource } from 'typeorm';
import type { TestApp } from './app.js';
import type { LetterJson } from './client.js';
import { eventually } from './eventually.js';
import { Rest } from './rest.js';
import { unique } from './services.js';
import type { ReceivedRecord, Worker } from './worker.js';

/** A redrive of many letters as REST shows it. */
export interface RedriveJson {
  id: string;
  status: string;
  stopReason: string | null;
  filter: object;
  matched: number;
  sent: number;
  skipped: number;
  failed: number;
  remaining: number;
  by: string;
  note: string | null;
  finishedAt: string | null;
}

/** A dead letter as REST shows it, with what people did to it. */
export interface WholeLetterJson extends LetterJson {
  redrivenAt: string | null;
  redrivenBy: string | null;
  note: string | null;
  history: {
    action: string;
    by: string | null;
    redriveId: string | null;
    note: string | null;
    reason: string | null;
    changes: unknown;
  }[];
}

/** Makes dead letters of a Taskwire, as workers and other systems do, and redrives many of them. */
export class Letters {
  private readonly rest: Rest;
  private offset = 0;

  constructor(
    private readonly taskwire: TestApp,
    private readonly worker: Worker,
  ) {
    this.rest = new Rest(taskwire.url);
  }

  /** Asks the database. */
  sql<T>(statement: string, parameters: unknown[] = []): Promise<T[]> {
    return this.taskwire.app.get(DataSource).query(statement, parameters);
  }

  /** Letters of `count` records of a topic of its own; resolves with it, and what is read from it, once all are in the table. */
  async ofRecords(count: number): Promise<{ topic: string; found: ReceivedRecord[] }> {
    const topic = unique('orders');
    await this.worker.create(topic);
    const found = await this.worker.read(topic);
    const records = Array.from({ length: count }, (_, n) => ({
      key: 'one partition',
      value: JSON.stringify({
        original: { topic, partition: 0, offset: n, key: 'k', value: `value ${n}` },
        error: { type: n % 2 === 0 ? 'Even' : 'Odd', message: 'm' },
      }),
    }));
    await this.worker.send(`${this.taskwire.requestTopic}-dlq`, ...records);
    await eventually(async () => {
      const [row] = await this.sql<{ count: number }>('SELECT count(*) FROM dead_letters WHERE topic = $1', [
        topic,
      ]);
      expect(row?.count).toBe(count);
    });
    return { topic, found };
  }

  /** Whoever reads records that were sent again cannot process these. */
  async comeBack(records: readonly ReceivedRecord[]): Promise<void> {
    const letters = records.map(({ topic, partition, offset, timestamp, value, headers }) => ({
      key: 'one partition',
      value: JSON.stringify({
        original: { topic, partition, offset, timestamp, value: String(value), headers },
        error: { type: 'Again', message: 'm' },
      }),
    }));
    await this.worker.send(`${this.taskwire.requestTopic}-dlq`, ...letters);
  }

  /** Those that a query of `GET /v1/dead-letters` finds. */
  async list(query: string): Promise<WholeLetterJson[]> {
    return (await this.rest.get<{ items: WholeLetterJson[] }>(`/v1/dead-letters?${query}`)).json.items;
  }

  async find(id: string): Promise<WholeLetterJson> {
    return (await this.rest.get<WholeLetterJson>(`/v1/dead-letters/${id}`)).json;
  }

  /** Somebody could not process a task's request; resolves with the new letter once the task is dead-lettered. */
  async ofTask(task: { id: string; attempt: number }, headers: object = {}): Promise<WholeLetterJson> {
    const { requestTopic } = this.taskwire;
    const offset = this.offset++;
    const value = JSON.stringify({
      taskId: task.id,
      original: {
        topic: requestTopic,
        partition: 0,
        offset,
        timestamp: Date.now(),
        key: task.id,
        value: JSON.stringify({ taskId: task.id, fileUrl: '/a.shp' }),
        headers: { 'taskwire-task-id': task.id, 'taskwire-attempt': String(task.attempt), ...headers },
      },
      error: { type: 'ValueError', message: 'bad polygon' },
    });
    await this.worker.send(`${requestTopic}-dlq`, { value });
    return eventually(async () => {
      expect((await this.rest.task(task.id)).status).toBe('dead_lettered');
      const found = (await this.list(`taskId=${task.id}`)).find(({ original }) => original.offset === offset);
      if (!found) throw new Error('there is no letter yet');
      return found;
    });
  }

  /** The ids of `count` tasks that are dead-lettered. */
  async ofTasks(count: number): Promise<string[]> {
    const submitted = await Promise.all(Array.from({ length: count }, () => this.rest.submit()));
    const ids = submitted.map(({ id }) => id);
    await this.die(ids, 1);
    return ids;
  }

  /** A worker cannot process the requests of these tasks. */
  async die(ids: readonly string[], attempt: number): Promise<void> {
    const records = ids.map((id) => ({
      value: `poison ${id}`,
      headers: { 'taskwire-task-id': id, 'taskwire-attempt': String(attempt) },
    }));
    await this.worker.send(`${this.taskwire.requestTopic}-dlq`, ...records);
    await eventually(async () => {
      const dead = await this.sql(
        `SELECT FROM tasks WHERE id = ANY($1) AND status = 'dead_lettered' AND attempt = $2`,
        [ids, attempt],
      );
      expect(dead).toHaveLength(ids.length);
    });
  }

  /** Starts a redrive. */
  redrive(body: object): ReturnType<typeof this.rest.post<RedriveJson>> {
    return this.rest.post('/v1/redrives', body);
  }

  /** A redrive once it is over. */
  over(id: string, timeoutMs = 30_000): Promise<RedriveJson> {
    return eventually(
      async () => {
        const { json } = await this.rest.get<RedriveJson>(`/v1/redrives/${id}`);
        expect(json.status).not.toBe('running');
        return json;
      },
      { timeoutMs },
    );
  }
}
