import { Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { DataSource } from 'typeorm';
import { Metrics } from './metrics.js';
import { SlowReading } from './slow-reading.js';

interface OpenTasks {
  type: string;
  status: string;
  count: number;
  /** How many seconds ago the current attempt of the oldest became due. */
  oldest: number;
}

/** Over the open tasks only: the standing rows, and for each its task by primary key. */
const OPEN_TASKS = `
  SELECT t.type, t.status, count(*) AS count,
    extract(epoch FROM now() - min(greatest(t.attempt_at, t.run_at)))::double precision AS oldest
  FROM dispatches AS d JOIN tasks AS t ON t.id = d.task_id
  GROUP BY t.type, t.status`;

/** The open tasks of the whole installation: every process tells the same numbers. */
@Injectable()
export class BacklogMetrics {
  private readonly reading: SlowReading<OpenTasks[]>;

  constructor(metrics: Metrics, dataSource: DataSource) {
    this.reading = new SlowReading(() => dataSource.query<OpenTasks[]>(OPEN_TASKS), {
      name: 'the open tasks',
      timeLimit: 3_000,
      keepFor: 10_000,
    });
    this.addTasks(metrics);
    this.addOldestQueued(metrics);
  }

  private addTasks({ registry }: Metrics): void {
    const { reading } = this;
    new Gauge({
      name: 'taskwire_tasks',
      help: 'Open tasks of the installation, by type and status',
      labelNames: ['type', 'status'] as const,
      registers: [registry],
      async collect() {
        const groups = await reading.get();
        this.reset();
        for (const { type, status, count } of groups ?? []) this.set({ type, status }, count);
      },
    });
  }

  private addOldestQueued({ registry }: Metrics): void {
    const { reading } = this;
    new Gauge({
      name: 'taskwire_oldest_queued_seconds',
      help: 'How long the task that is queued longest has been waiting for a compute worker; 0 if none is queued',
      registers: [registry],
      async collect() {
        const groups = await reading.get();
        const queued = groups?.filter(({ status }) => status === 'queued').map(({ oldest }) => oldest);
        this.set(queued === undefined ? NaN : Math.max(0, ...queued));
      },
    });
  }
}
