import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { ofKind } from '../history/entries.js';
import type { History } from '../history/history.js';
import type { Doors } from '../stage/doors.js';
import type { Scene } from '../stage/scene.js';
import type { People } from './people.js';
import type { Random } from './random.js';

/** What people and broken producers do beside submitting: cancel, retry, redrive, spy, write records that nobody can read. */
export class Meddler {
  constructor(
    private readonly doors: Doors,
    private readonly people: People,
    private readonly history: History,
    private readonly producer: Pick<Scene, 'poison'>,
    private readonly random: Random,
  ) {}

  /** One deed by chance. What is refused, or finds nobody, was not done. */
  async meddle(): Promise<void> {
    const deed = this.random.pick([
      () => this.command('cancel'),
      () => this.command('retry'),
      () => this.redrive(),
      () => this.spy(),
      () => this.poison(),
    ]);
    await deed().catch(() => pause(50));
  }

  private async command(command: 'cancel' | 'retry'): Promise<void> {
    const task = this.someTask();
    if (!task) return;
    const token = this.people.owners.find(({ owner }) => owner === task.owner)?.token ?? '';
    const path = `/v1/tasks/${task.taskId}/${command}`;
    const { status } = await this.doors.ask(this.random.between(0, 2), path, token, {});
    if (status < 300) this.history.record({ kind: 'commanded', command, taskId: task.taskId });
  }

  private async redrive(): Promise<void> {
    const { token } = this.people.operator;
    const door = this.random.between(0, 2);
    const { json } = await this.doors.ask(door, '/v1/dead-letters?status=open&limit=20', token);
    const letters = (json as { items: { id: string; kind: string; taskId: string | null }[] }).items;
    const ours = letters.filter(({ kind, taskId }) => kind === 'request' && taskId !== null);
    if (ours.length === 0) return;
    const { id, taskId } = this.random.pick(ours);
    const { status } = await this.doors.ask(door, `/v1/dead-letters/${id}/redrive`, token, {});
    if (status < 300 && taskId !== null)
      this.history.record({ kind: 'commanded', command: 'redrive', taskId });
  }

  private async spy(): Promise<void> {
    const task = this.someTask();
    const spy = this.people.owners.find(({ owner }) => owner !== task?.owner);
    if (!task || !spy) return;
    const { status } = await this.doors.ask(this.random.between(0, 2), `/v1/tasks/${task.taskId}`, spy.token);
    this.history.record({ kind: 'spied', owner: spy.owner, taskId: task.taskId, status });
  }

  private async poison(): Promise<void> {
    const text = this.random.pick([
      `not JSON ${randomUUID()}`,
      JSON.stringify({ taskId: randomUUID(), status: 'DONE' }),
      JSON.stringify({ status: 'WHATEVER', nonce: randomUUID() }),
    ]);
    const bytes = this.random.chance(0.5)
      ? Buffer.from(text)
      : Buffer.concat([Buffer.from([0xff, 0]), Buffer.from(text)]);
    await this.producer.poison(this.random.chance(0.5) ? 'a key' : null, bytes);
  }

  /** One of the newest tasks. */
  private someTask(): { taskId: string; owner: string } | undefined {
    const accepted = ofKind(this.history.entries(), 'accepted').slice(-20);
    return accepted.length === 0 ? undefined : this.random.pick(accepted);
  }
}
