import { TransportUnavailableError } from '../../src/transport/transport.js';
import { eventually } from '../support/eventually.js';
import { Collector, published, records, subscribed, type Stage } from './stage.js';

/** Below it a caller may wait when the broker is down, in milliseconds. */
const BOUND_MS = 15_000;

/** The broker goes and comes back. */
export function faultConformance(stage: () => Stage): void {
  it('is unavailable while the broker is down, and goes on by itself when it is back', async () => {
    const topic = await stage().topic();
    const transport = stage().transport();
    const collector = new Collector();
    const subscription = await subscribed(
      transport,
      { group: stage().group(), topics: [topic] },
      collector.handler,
    );
    const before = await published(transport, records(topic, 'before', 10));
    await transport.check();

    await stage().driver.crashBroker();
    const start = performance.now();
    await expect(transport.publish(records(topic, 'lost', 1))).rejects.toThrow(TransportUnavailableError);
    await expect(transport.check()).rejects.toThrow(TransportUnavailableError);
    await expect(transport.topics.ensure([{ name: topic, partitions: 1 }])).rejects.toThrow(
      TransportUnavailableError,
    );
    await expect(transport.topics.describe([topic])).rejects.toThrow(TransportUnavailableError);
    await expect(transport.topics.lag(stage().group(), [topic])).rejects.toThrow(TransportUnavailableError);
    expect(performance.now() - start).toBeLessThan(BOUND_MS);
    await eventually(() => {
      expect(subscription.state().status).toBe('failed');
    });

    await stage().driver.startBroker();
    const after = await eventually(() => published(transport, records(topic, 'after', 10)), {
      timeoutMs: BOUND_MS,
    });
    await eventually(() => {
      expect(new Set(collector.values())).toEqual(new Set([...before, ...after]));
      expect(subscription.state()).toEqual({ status: 'running' });
    });
  });

  it('keeps what was published through a crash, and delivers it to who subscribed while the broker was down', async () => {
    const topic = await stage().topic();
    const written = await published(stage().transport(), records(topic, 'durable', 20));
    await stage().driver.crashBroker();
    const transport = stage().transport();
    const collector = new Collector();
    const options = { group: stage().group(), topics: [topic] };
    const subscription = await transport.subscribe(options, collector.handler);
    await eventually(() => {
      expect(subscription.state().status).toBe('failed');
    });

    await stage().driver.startBroker();
    await eventually(() => {
      expect(collector.values().sort()).toEqual(written.sort());
    });
  });

  it('closes in bounded time while the broker is down', async () => {
    const topic = await stage().topic();
    const transport = stage().transport();
    await subscribed(transport, { group: stage().group(), topics: [topic] }, () => Promise.resolve());
    await published(transport, records(topic, 'any', 10));
    await stage().driver.crashBroker();
    const start = performance.now();
    await transport.close();
    expect(performance.now() - start).toBeLessThan(BOUND_MS);
    await stage().driver.startBroker();
  });
}
