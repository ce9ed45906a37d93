import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Loop } from '../background/loop.js';
import { lockNames } from '../database/advisory-locks.js';
import { transact } from '../database/transaction.js';
import { TaskTypes } from '../task-types/task-types.js';
import type { Delivery } from '../task-types/task-type.js';
import { DeliveryChangesRepository } from './delivery-changes.repository.js';
import { DispatchRepository, type OrderedGroup } from './dispatch.repository.js';
import { orderingLock } from './ordering.js';

/** How many dispatches one round moves at the most. */
const ROUND = 1_000;

/** During a rollout, processes with the old file go on accepting tasks for a while. In milliseconds. */
const IDLE_MS = 30_000;
const FAILURE_MS = 5_000;

/** Moves dispatches of types whose delivery the task types file has changed: whoever waits goes the new way. */
@Injectable()
export class DeliveryChanges implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop = new Loop(() => this.round(), {
    idleMs: IDLE_MS,
    failureMs: FAILURE_MS,
    logger: new Logger(DeliveryChanges.name),
  });

  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: DeliveryChangesRepository,
    private readonly dispatches: DispatchRepository,
    private readonly taskTypes: TaskTypes,
  ) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  private async round(): Promise<boolean> {
    const moved = await this.changes.moveToTopics(this.names('topic'), ROUND);
    return (await this.moveToClaims()) + moved + (await this.freeStuck()) > 0;
  }

  private moveToClaims(): Promise<number> {
    return transact(this.dataSource, async (manager) => {
      const moved = await this.changes.moveToClaims(manager, this.names('claim'), ROUND);
      const groups = moved.flatMap(({ type, orderingKey }) =>
        orderingKey === null ? [] : [{ type, orderingKey }],
      );
      await this.advance(manager, groups);
      return moved.length;
    });
  }

  /** Keys that a process with another file has forgotten to advance. */
  private freeStuck(): Promise<number> {
    return transact(this.dataSource, async (manager) => {
      const groups = await this.changes.stuck(manager, ROUND);
      await this.advance(manager, groups);
      return groups.length;
    });
  }

  private async advance(manager: EntityManager, groups: readonly OrderedGroup[]): Promise<void> {
    await lockNames(
      manager,
      groups.map(({ type, orderingKey }) => orderingLock(type, orderingKey)),
    );
    await this.dispatches.advance(manager, groups);
  }

  private names(delivery: Delivery): string[] {
    return this.taskTypes.byDelivery(delivery).map(({ name }) => name);
  }
}
