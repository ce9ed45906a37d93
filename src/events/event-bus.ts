import { Injectable, Logger } from '@nestjs/common';
import type { RecordedEvent } from './event.js';
import { HintChannel, type HintListener } from './hint-channel.js';

/** Who is told what happens to tasks, in this process and in others. Must be quick. */
export interface BusListener extends HintListener {
  /**
   * This process wrote these events, in one transaction. Those of one task come in order, but perhaps before older ones of
   * other transactions, here or in other processes.
   */
  recorded(events: readonly RecordedEvent[]): void;
}

/** Tells every process which tasks have new events. A hint, which may get lost: PostgreSQL is the truth. */
@Injectable()
export class EventBus {
  private readonly logger = new Logger(EventBus.name);
  private readonly listeners: BusListener[] = [];

  constructor(private readonly channel: HintChannel) {}

  /** Whether hints between processes come and go at the moment. Without them, events arrive within 3 s. */
  get isConnected(): boolean {
    return this.channel.isConnected;
  }

  /** Tells about events that have been committed: this process at once, others by a hint. Never throws, never waits. */
  announce(events: readonly RecordedEvent[]): void {
    if (events.length === 0) return;
    this.tell((listener) => {
      listener.recorded(events);
    });
    this.channel.send(events.map(({ taskId }) => taskId));
  }

  /** Adds a listener of this process. To be called before the application starts. */
  listen(listener: BusListener): void {
    this.listeners.push(listener);
    this.channel.listen({
      hinted: (taskIds) => {
        this.tell((each) => {
          each.hinted(taskIds);
        });
      },
      connected: () => {
        this.tell((each) => {
          each.connected();
        });
      },
    });
  }

  /** One listener's mistake is not the others'. */
  private tell(news: (listener: BusListener) => void): void {
    for (const listener of this.listeners) {
      try {
        news(listener);
      } catch (error) {
        this.logger.error({ message: 'Somebody in this process was not told of events', err: error });
      }
    }
  }
}
