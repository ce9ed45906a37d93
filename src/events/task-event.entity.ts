import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { TaskEventType, TaskStatus } from '../tasks/task-state.js';

/** One step in a task's history: numbered per task from 1, written once, never changed. */
@Entity('task_events')
@Index('task_events_rare_end', ['type', 'taskId'], {
  where: `type IN ('failed', 'dead_lettered', 'cancelled', 'expired')`,
})
export class TaskEvent {
  @PrimaryColumn({ type: 'uuid', name: 'task_id', primaryKeyConstraintName: 'task_events_pkey' })
  taskId!: string;

  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'task_events_pkey' })
  seq!: number;

  @Column('text')
  type!: TaskEventType;

  /** The status after this step. */
  @Column('text')
  status!: TaskStatus;

  /** The attempt after this step. */
  @Column('integer')
  attempt!: number;

  @Column({ type: 'timestamptz', precision: 3 })
  at!: Date;

  /** JSON text of an object: what is new with this step. A success result lives in `tasks` and is put in on read. */
  @Column({ type: 'json', nullable: true })
  data!: string | null;
}
