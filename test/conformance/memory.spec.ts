import { MemoryBroker } from '../../src/transport/drivers/memory/memory-broker.js';
import { MemoryTransport } from '../../src/transport/drivers/memory/memory-transport.js';
import type { ConformanceDriver, Member, MemberOptions } from './conformance-driver.js';
import { Collector, subscribed } from './stage.js';
import { transportConformance } from './transport-conformance.js';

describe('the memory transport', () => {
  transportConformance(() => Promise.resolve(memoryDriver()));
});

function memoryDriver(): ConformanceDriver {
  const broker = new MemoryBroker();
  const done = (): Promise<void> => Promise.resolve();
  return {
    connect: () => new MemoryTransport(broker),
    startMember: (options) => startMember(broker, options),
    deleteTopic: (name) => {
      broker.deleteTopic(name);
      return done();
    },
    crashBroker: () => {
      broker.stop();
      return done();
    },
    startBroker: () => {
      broker.start();
      return done();
    },
    close: done,
  };
}

async function startMember(
  broker: MemoryBroker,
  { acknowledge, ...options }: MemberOptions,
): Promise<Member> {
  const transport = new MemoryTransport(broker);
  const forever = new Promise<never>(() => undefined);
  const collector = new Collector(() => (acknowledge ? Promise.resolve() : forever));
  await subscribed(transport, options, collector.handler);
  let alive = true;
  return {
    received: () => collector.values(),
    kill: () => {
      alive = false;
      transport.freeze();
      return Promise.resolve();
    },
    freeze: () => {
      transport.freeze();
    },
    thaw: () => {
      transport.thaw();
    },
    close: () => (alive ? transport.close() : Promise.resolve()),
  };
}
