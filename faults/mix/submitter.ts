import { setTimeout as pause } from 'node:timers/promises';
import type { History } from '../history/history.js';
import type { Doors } from '../stage/doors.js';
import type { Person } from './people.js';
import type { Submission } from './submission.js';

/** Before a batch is sent again, in milliseconds. */
const PAUSE_MS = 200;

interface TaskJson {
  id: string;
}

/** Submits until there is an answer, always with the same idempotency key, and records what was accepted. */
export class Submitter {
  constructor(
    private readonly doors: Doors,
    private readonly history: History,
  ) {}

  /** Gives the task's id. */
  async submit(door: number, person: Person, submission: Submission): Promise<string> {
    const key = { 'idempotency-key': submission.payload.nonce };
    const { status, json } = await this.doors.insist(door, '/v1/tasks', person.token, submission, key);
    if (status !== 202) throw new Error(`a submission was refused: ${status} ${JSON.stringify(json)}`);
    return this.accepted(person, submission, json as TaskJson);
  }

  /** Gives the tasks' ids. */
  async submitBatch(door: number, person: Person, submissions: readonly Submission[]): Promise<string[]> {
    const tasks = submissions.map((one) => ({ ...one, idempotencyKey: one.payload.nonce }));
    for (let turn = door; ; turn++) {
      const { json } = await this.doors.insist(turn, '/v1/tasks/batch', person.token, { tasks });
      const { items } = json as { items: { task?: TaskJson }[] };
      // Each item stands alone: those that found no database are sent again with all others.
      const found = items.flatMap(({ task }) => task ?? []);
      if (found.length < submissions.length) {
        await pause(PAUSE_MS);
        continue;
      }
      return submissions.flatMap((one, index) => {
        const task = found[index];
        return task ? [this.accepted(person, one, task)] : [];
      });
    }
  }

  private accepted({ owner }: Person, { type, payload }: Submission, { id }: TaskJson): string {
    const { nonce, orderingKey } = payload;
    this.history.record({ kind: 'accepted', owner, taskId: id, nonce, type, orderingKey });
    return id;
  }
}
