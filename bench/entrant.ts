import type { Contender, RunningContender } from './contender.js';
import { generate } from './generator/generate.js';
import type { Order, Outcome } from './generator/order.js';
import type { Servers } from './servers.js';
import { eventually } from '../test/support/eventually.js';

type OrderWithoutTarget = Order extends infer O ? (O extends Order ? Omit<O, 'target'> : never) : never;

/** The slowest peer ends about 300 tasks a second. */
const DRAIN_TIMEOUT = 600_000;

/** A contender that takes part in a run; counts what it accepts, so that its store can be held to it. */
export class Entrant {
  private accepted = 0;

  private constructor(
    readonly name: string,
    readonly running: RunningContender,
  ) {}

  static async start(contender: Contender, servers: Servers): Promise<Entrant> {
    return new Entrant(contender.name, await contender.start(servers));
  }

  /** Puts load on it. Rejects when the end of a task was awaited and not pushed. */
  async load(order: OrderWithoutTarget): Promise<Outcome> {
    const outcome = await generate({ ...order, target: this.running.target });
    this.accepted += outcome.accepted;
    if (outcome.unseen > 0)
      throw new Error(`${this.name}: the end of ${outcome.unseen} tasks was not pushed`);
    return outcome;
  }

  /** Waits until all is done that was accepted. Rejects unless each task that was accepted is stored and has ended once. */
  async audit(): Promise<void> {
    const check = async (): Promise<void> => {
      const { accepted, ended } = await this.running.audit();
      if (accepted === this.accepted && ended === this.accepted) return;
      throw new Error(
        `${this.name}: ${this.accepted} were answered 202, ${accepted} are stored, ${ended} times one has ended`,
      );
    };
    await eventually(check, { timeoutMs: DRAIN_TIMEOUT, intervalMs: 500 });
    // Not one more later: what comes twice must not count.
    await check();
  }
}
