import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Loop } from '../background/loop.js';
import { DispatchRepository } from './dispatch.repository.js';
import { DispatchSender } from './dispatch-sender.js';
import { HOLDER } from './holder.js';
import { OrderingLease } from './ordering-lease.js';
import { TopicKeeper } from './topic-keeper.js';

/** How many dispatches one round takes at the most: 50 MiB if all payloads are as large as they may be. */
const ROUND = 200;

/** How long the relay holds what it has taken: longer than a publish may take to fail. */
const LEASE_SECONDS = 30;

/** How often it looks for work when there was none; keyed tasks wait for it, so it is short. */
const IDLE_MS = 100;

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
    new Loop(() => this.relayUnsent(), { idleMs: IDLE_MS, failureMs: FAILURE_MS, logger: this.logger }),
    new Loop(() => this.relayOrdered(), { idleMs: IDLE_MS, failureMs: FAILURE_MS, logger: this.logger }),
  ];

  constructor(
    private readonly dispatches: DispatchRepository,
    private readonly sender: DispatchSender,
    private readonly orderingLease: OrderingLease,
    private readonly topicKeeper: TopicKeeper,
    @Inject(HOLDER) private readonly holder: string,
  ) {}

  onApplicationBootstrap(): void {
    for (const loop of this.loops) loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.loops.map((loop) => loop.stop()));
    await this.orderingLease.release();
  }

  private async relayUnsent(): Promise<boolean> {
    const taken = await this.dispatches.takeUnsent(
      this.holder,
      LEASE_SECONDS,
      ROUND,
      this.topicKeeper.sendableTypes(),
    );
    if (taken.length > 0) await this.sender.send(taken);
    return taken.length > 0;
  }

  private async relayOrdered(): Promise<boolean> {
    const epoch = await this.orderingLease.hold();
    if (epoch === null) return false;
    const taken = await this.dispatches.takeOrdered(
      this.holder,
      epoch,
      ROUND,
      this.topicKeeper.sendableTypes(),
    );
    if (taken.length > 0 && this.orderingLease.isSafe()) await this.sender.send(taken);
    return taken.length > 0;
  }
}
