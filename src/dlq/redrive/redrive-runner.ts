import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Loop } from '../../background/loop.js';
import { transact } from '../../database/transaction.js';
import { EventBus } from '../../events/event-bus.js';
import type { RecordedEvent } from '../../events/event.js';
import { Metrics } from '../../observability/metrics.js';
import { RedriveRepository, type DueRedrive } from './redrive.repository.js';
import { Redriving, type RedriveOutcome } from './redriving.js';

/** How many rounds a second a redrive takes, and how many letters one round has at the most. */
const ROUNDS_PER_SECOND = 10;
const MAX_ROUND = 500;

/** A redrive that waits for its records to be sent is looked at again so soon, in seconds. */
const WAIT_SECONDS = 0.05;

/** One whose round failed is taken again after so many seconds. */
const FAILURE_SECONDS = 5;

/** Of so many it has to be known what became of them before the share that came back says anything. */
const MIN_DECIDED = 10;

const IDLE_MS = 100;
/** It is seldom that anybody redrives, and then half a second is soon. */
const REST_MS = 500;
const FAILURE_MS = 1_000;

/** Walks through running redrives, oldest letter first, at their rates; a crash loses at most the round under way. */
@Injectable()
export class RedriveRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop = new Loop(() => this.round(), {
    idleMs: IDLE_MS,
    restMs: REST_MS,
    failureMs: FAILURE_MS,
    logger: new Logger(RedriveRunner.name),
  });

  constructor(
    private readonly dataSource: DataSource,
    private readonly redrives: RedriveRepository,
    private readonly redriving: Redriving,
    private readonly bus: EventBus,
    private readonly metrics: Metrics,
  ) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  private async round(): Promise<boolean> {
    let taken: DueRedrive | null = null;
    const done = await transact(this.dataSource, async (manager) => {
      taken = await this.redrives.takeDue(manager);
      return taken && this.walk(manager, taken);
    }).catch((error: unknown) => this.letOthersGoOn(taken, error));
    if (!done) return false;
    this.bus.announce(done.events);
    this.metrics.deadLettersRedriven.inc({ outcome: 'sent' }, done.sent);
    this.metrics.deadLettersRedriven.inc({ outcome: 'skipped' }, done.skipped);
    return true;
  }

  /** A redrive that fails must not be taken again before all others. */
  private async letOthersGoOn(failed: DueRedrive | null, error: unknown): Promise<never> {
    if (failed) await this.redrives.postpone(this.dataSource.manager, failed.id, FAILURE_SECONDS);
    throw error;
  }

  /** One round of a redrive whose row is locked. */
  private async walk(manager: EntityManager, redrive: DueRedrive): Promise<Walked> {
    const { id, by, note, pending, sent, ratePerSecond } = redrive;
    const { decided, cameBack } = await this.redrives.decided(manager, id);
    if (decided >= MIN_DECIDED && cameBack >= decided * redrive.stopOnFailureRate) {
      const stopReason = `${cameBack} of the last ${decided} that are decided came back as dead letters`;
      await this.redrives.finish(manager, id, { status: 'stopped', stopReason });
      return NOTHING;
    }
    const round = Math.min(MAX_ROUND, Math.ceil(ratePerSecond / ROUNDS_PER_SECOND));
    const limit = Math.min(round, redrive.matched - sent - redrive.skipped - redrive.failed - pending);
    // What cannot be sent at the moment must not gather, and then go out all at once.
    const waits = limit <= 0 || pending >= 2 * round;
    const ids = waits ? [] : await this.redrives.next(manager, redrive, limit);
    const cursor = ids.at(-1);
    if (cursor === undefined) {
      if (pending > 0) await this.redrives.postpone(manager, id, WAIT_SECONDS);
      else await this.redrives.finish(manager, id, { status: 'done' });
      return NOTHING;
    }
    const wish = { by, note, redriveId: id, mend: {}, task: null, changes: null };
    const { outcomes, events } = await this.redriving.redriveEach(manager, ids, wish);
    const counts = countsOf(outcomes);
    await this.redrives.advance(manager, id, { cursor, ...counts, waitSeconds: ids.length / ratePerSecond });
    return { events, ...counts };
  }
}

interface Walked {
  events: RecordedEvent[];
  sent: number;
  skipped: number;
}

const NOTHING: Walked = { events: [], sent: 0, skipped: 0 };

/** What is pending is counted when it is sent. */
function countsOf(outcomes: ReadonlyMap<string, RedriveOutcome>): { sent: number; skipped: number } {
  const all = [...outcomes.values()];
  const sent = all.filter((outcome) => outcome === 'redriven').length;
  const pending = all.filter((outcome) => outcome === 'pending').length;
  return { sent, skipped: all.length - sent - pending };
}
