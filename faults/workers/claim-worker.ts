import { setTimeout as pause } from 'node:timers/promises';
import type { History } from '../history/history.js';
import type { Doors } from '../stage/doors.js';
import { answersTo, areRacing, durationOf, type Answer } from './answers.js';

interface Claim {
  taskId: string;
  attempt: number;
  payload: { deed: string; orderingKey: string | null };
}

const CLAIM = { types: ['claimed'], max: 5, leaseSeconds: 5, waitSeconds: 1 };

/** A worker over HTTP that does what payloads say, and records what it was given. */
export class ClaimWorker {
  private stopped = false;
  private readonly working: Promise<void>;

  /** Starts at once; `token` has the role `compute`. */
  constructor(
    private readonly doors: Doors,
    private readonly token: string,
    private readonly history: History,
  ) {
    this.working = this.work();
  }

  /** Resolves when it has done what it has. */
  async close(): Promise<void> {
    this.stopped = true;
    await this.working;
  }

  private async work(): Promise<void> {
    for (let turn = 0; !this.stopped; turn++) {
      const said = await this.doors.ask(turn, '/v1/claims', this.token, CLAIM).catch(() => null);
      if (said?.status !== 200) await pause(200);
      else await Promise.all((said.json as { items: Claim[] }).items.map((claim) => this.do(turn, claim)));
    }
  }

  private async do(door: number, { taskId, attempt, payload: { deed, orderingKey } }: Claim): Promise<void> {
    this.history.record({ kind: 'handed-out', taskId, attempt, type: 'claimed', orderingKey });
    const work = { taskId, attempt, deed };
    await pause(durationOf(work));
    const answers = answersTo(work);
    // At another door than it was claimed: followers there hear of the answer before they hear of the claim.
    if (areRacing(work))
      await Promise.all(answers.map((answer, index) => this.answer(door + index, taskId, answer)));
    else for (const answer of answers) await this.answer(door + 1, taskId, answer);
  }

  /** Where nobody is at the door, it tries the other one; an answer that gets lost is a worker that was lost: the lease ends. */
  private async answer(door: number, taskId: string, { attempt, nonce, body }: Answer): Promise<void> {
    this.history.record({ kind: 'answered', taskId, attempt, nonce });
    const give = (at: number): ReturnType<Doors['ask']> =>
      this.doors.ask(at, '/v1/results', this.token, body);
    const said = await give(door)
      .catch(() => give(door + 1))
      .catch(() => null);
    if (said?.status !== 200) return;
    const { items } = said.json as { items: { outcome: string; error?: { code: string } }[] };
    for (const { outcome, error } of items)
      if (outcome === 'rejected')
        this.history.record({ kind: 'rejected', taskId, attempt, code: error?.code ?? '' });
  }
}
