import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import type { RecordBatch, SubscribeOptions, Subscription, Transport } from './transport.js';

/** Where the batches of a handler come from, by the handler's pattern. */
export type TransportRoutes = Record<string, SubscribeOptions>;

/** How the reading for one handler is. */
export interface RouteState {
  pattern: string;
  state: ReturnType<Subscription['state']>;
}

/**
 * Binds Nest's event handlers to the transport. A feature writes `@EventPattern('results')` on a method that takes
 * `@Payload() batch: RecordBatch`; which topics and group that is, the routes say. The batch is acknowledged when the
 * handler (and every interceptor around it) has come to its end, and comes again when it throws.
 */
export class TransportServer extends Server implements CustomTransportStrategy {
  override readonly transportId = Symbol('taskwire');
  /** Or Nest would log a handler's error and call it done. */
  override readonly propagatesEventHandlerErrors = true;
  private readonly subscriptions = new Map<string, Subscription>();

  constructor(
    private readonly transport: Transport,
    private readonly routes: TransportRoutes,
  ) {
    super();
  }

  /** Starts reading; does not wait for the transport to be there. Gives a mistake in the wiring to `callback`. */
  async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      for (const { pattern, options, handler } of this.bind()) {
        const subscription = await this.transport.subscribe(options, (batch) => handle(handler, batch));
        this.subscriptions.set(pattern, subscription);
      }
    } catch (error) {
      callback(error);
      return;
    }
    callback();
  }

  /** Ends the intake, waits for the handlers in flight. Twice is harmless. */
  async close(): Promise<void> {
    await Promise.all([...this.subscriptions.values()].map((subscription) => subscription.close()));
  }

  /** One for each handler that reads. */
  states(): RouteState[] {
    return [...this.subscriptions].map(([pattern, subscription]) => ({
      pattern,
      state: subscription.state(),
    }));
  }

  on(): never {
    throw new Error('The transport emits no events: ask states()');
  }

  unwrap(): never {
    throw new Error('No type of a driver crosses the transport port');
  }

  /** Every handler with its route. Whatever would leave records unread or read twice is a mistake. */
  private bind(): {
    pattern: string;
    options: SubscribeOptions;
    handler: MessageHandler<RecordBatch, unknown, unknown>;
  }[] {
    for (const pattern of Object.keys(this.routes)) {
      if (!this.messageHandlers.has(pattern)) throw new Error(`Nothing handles the route "${pattern}"`);
    }
    return [...this.messageHandlers].map(([pattern, handler]) => {
      const options = this.routes[pattern];
      if (!options) throw new Error(`The handler of "${pattern}" has no route`);
      if (!handler.isEventHandler) throw new Error(`The handler of "${pattern}" must be an @EventPattern`);
      if (handler.next) throw new Error(`"${pattern}" has two handlers`);
      return { pattern, options, handler };
    });
  }
}

/** Nest gives an Observable when interceptors apply; it has to be awaited like a promise. */
async function handle(
  handler: MessageHandler<RecordBatch, unknown, unknown>,
  batch: RecordBatch,
): Promise<void> {
  const result = await handler(batch);
  if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
}
