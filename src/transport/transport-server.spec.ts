import {
  Controller,
  Injectable,
  Module,
  UseInterceptors,
  type CallHandler,
  type NestInterceptor,
} from '@nestjs/common';
import { EventPattern, MessagePattern, Payload, type MicroserviceOptions } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { map, type Observable } from 'rxjs';
import { eventually } from '../../test/support/eventually.js';
import { MemoryBroker } from './drivers/memory/memory-broker.js';
import { MemoryTransport } from './drivers/memory/memory-transport.js';
import { TransportServer, type TransportRoutes } from './transport-server.js';
import type { RecordBatch, Transport } from './transport.js';

const ROUTES = { results: { group: 'g-results', topics: ['result'] } };

/** Makes what the handler gave an Observable, as any interceptor does. */
@Injectable()
class Passing implements NestInterceptor {
  intercept(_: unknown, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((value: unknown) => value));
  }
}

@Controller()
class ResultsController {
  static failures = 0;
  static received: string[] = [];

  @EventPattern('results')
  async onBatch(@Payload() batch: RecordBatch): Promise<void> {
    await Promise.resolve();
    ResultsController.received.push(...batch.records.map(({ value }) => `${batch.group} ${String(value)}`));
    if (ResultsController.failures === 0) return;
    ResultsController.failures -= 1;
    throw new Error('not now');
  }
}

@Controller()
@UseInterceptors(Passing)
class InterceptedController extends ResultsController {
  @EventPattern('results')
  override onBatch(@Payload() batch: RecordBatch): Promise<void> {
    return super.onBatch(batch);
  }
}

@Controller()
class AskedController {
  @MessagePattern('results')
  answer(): void {
    // Never called.
  }
}

/** Runs an application with these controllers on a memory transport with the topic `result`. */
async function start(controllers: (new () => object)[], routes: TransportRoutes = ROUTES) {
  @Module({ controllers })
  class Application {}

  const broker = new MemoryBroker();
  broker.createTopic('result', 1);
  const transport = new MemoryTransport(broker);
  const server = new TransportServer(transport, routes);
  const testing = await Test.createTestingModule({ imports: [Application] }).compile();
  const application = testing.createNestApplication(new FastifyAdapter());
  application.useLogger(false);
  application.connectMicroservice<MicroserviceOptions>({ strategy: server });
  try {
    await application.startAllMicroservices();
  } catch (error) {
    await application.close();
    throw error;
  }
  return { transport, server, close: () => application.close() };
}

async function publish(transport: Transport, value: string): Promise<void> {
  await transport.publish([{ topic: 'result', key: 'a', value }]);
}

describe('TransportServer', () => {
  beforeEach(() => {
    ResultsController.failures = 0;
    ResultsController.received = [];
  });

  it.each([
    ['a plain handler', ResultsController],
    ['a handler behind an interceptor', InterceptedController],
  ])('hands a batch to %s, again when it throws, and not again when it does not', async (_, controller) => {
    const { transport, close } = await start([controller]);
    ResultsController.failures = 1;
    await publish(transport, '1');
    await eventually(() => {
      expect(ResultsController.received).toEqual(['g-results 1', 'g-results 1']);
    });
    await eventually(async () => {
      expect(await transport.topics.lag('g-results', ['result'])).toEqual([
        { group: 'g-results', topic: 'result', lag: 0 },
      ]);
    });
    await close();
  });

  it('reads nothing after close', async () => {
    const { transport, server, close } = await start([ResultsController]);
    await publish(transport, '1');
    await eventually(() => {
      expect(ResultsController.received).toHaveLength(1);
    });
    await Promise.all([server.close(), server.close()]);
    await publish(transport, '2');
    expect(await transport.topics.lag('g-results', ['result'])).toMatchObject([{ lag: 1 }]);
    await close();
  });

  it('tells how the reading for each pattern is', async () => {
    const routes = { results: { group: 'g', topics: ['missing'] } };
    const { server, close } = await start([ResultsController], routes);
    expect(server.states()).toEqual([
      { pattern: 'results', state: { status: 'failed', reason: 'none of the topics exists' } },
    ]);
    await close();
  });

  it('does not start with a handler that has no route', async () => {
    await expect(start([ResultsController], {})).rejects.toThrow('The handler of "results" has no route');
  });

  it('does not start with a route that nothing handles', async () => {
    await expect(start([])).rejects.toThrow('Nothing handles the route "results"');
  });

  it('does not start with two handlers for one pattern', async () => {
    await expect(start([ResultsController, InterceptedController])).rejects.toThrow(
      '"results" has two handlers',
    );
  });

  it('does not start with a handler that expects to answer', async () => {
    await expect(start([AskedController])).rejects.toThrow('must be an @EventPattern');
  });
});
