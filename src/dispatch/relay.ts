import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Loop } from '../background/loop.js';
import { TaskTypes } from '../task-types/task-types.js';
import { DispatchSender } from './dispatch-sender.js';
import { HOLDER } from './holder.js';
import { OrderingLease } from './ordering-lease.js';
import { SendLeaseRepository } from './send-lease.repository.js';
import { SentMarks } from './sent-marks.js';
import { TopicKeeper } from './topic-keeper.js';
import { TopicSends } from './topic-sends.js';

/** How many dispatches one round takes at the most: 50 MiB if all payloads are as large as they may be. */
const ROUND = 200;

/** How long the relay holds what it has taken. */
const LEASE_SECONDS = 15;

/** In the rest of its lease a send that has begun is over, well or badly, unless it had to wait for another one to the same topic. */
const SENDING_MS = 8_000;

/** How often it looks for work when there was none; keyed tasks wait for it, so it is short. */
const IDLE_MS = 100;
/** What has no key waits for it only after a fault or a backoff. */
const REST_MS = 250;

/** How long it waits after a failure. */
const FAILURE_MS = 1_000;

/**
 * Publishes what the fast path did not: dispatches whose lease ran out (a crash, a broker that was down), next
 * attempts, and all with an ordering key, which one relay at a time sends in their order.
 */
@Injectable()
export class Relay implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(Relay.name);
  private readonly loops = [
    new Loop(() => this.relayUnsent(), {
      idleMs: IDLE_MS,
      restMs: REST_MS,
      failureMs: FAILURE_MS,
      logger: this.logger,
    }),
    new Loop(() => this.relayOrdered(), { idleMs: IDLE_MS, failureMs: FAILURE_MS, logger: this.logger }),
  ];

  private readonly unsent: TopicSends;
  private readonly ordered: TopicSends;

  constructor(
    private readonly leases: SendLeaseRepository,
    private readonly orderingLease: OrderingLease,
    private readonly topicKeeper: TopicKeeper,
    private readonly sentMarks: SentMarks,
    @Inject(HOLDER) private readonly holder: string,
    sender: DispatchSender,
    taskTypes: TaskTypes,
  ) {
    this.unsent = new TopicSends(sender, taskTypes);
    this.ordered = new TopicSends(sender, taskTypes);
  }

  onApplicationBootstrap(): void {
    for (const loop of this.loops) loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.loops.map((loop) => loop.stop()));
    await Promise.all([this.unsent.drained(), this.ordered.drained()]);
    await this.sentMarks.drained();
    await this.orderingLease.release();
  }

  private async relayUnsent(): Promise<boolean> {
    const takenAt = performance.now();
    const types = this.unsent.free(this.topicKeeper.sendableTypes());
    const taken = await this.leases.takeUnsent(this.holder, LEASE_SECONDS, ROUND, types);
    await this.unsent.send(taken, { takenAt, sendUntil: takenAt + SENDING_MS });
    return taken.length > 0;
  }

  private async relayOrdered(): Promise<boolean> {
    const held = await this.orderingLease.hold();
    if (held === null) return false;
    const takenAt = performance.now();
    const types = this.ordered.free(this.topicKeeper.sendableTypes());
    const taken = await this.leases.takeOrdered(this.holder, held.epoch, ROUND, types);
    await this.ordered.send(taken, { takenAt, sendUntil: held.sendUntil });
    return taken.length > 0;
  }
}
