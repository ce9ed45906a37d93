import { TransportUnavailableError } from '../../src/transport/transport.js';
import { eventually } from '../support/eventually.js';
import { Collector, published, records, subscribed, type Stage } from './stage.js';

/** What `close` promises. */
export function closingConformance(stage: () => Stage): void {
  it('waits for the handler in flight, and commits its position', async () => {
    const topic = await stage().topic(1);
    const group = stage().group();
    const transport = stage().transport();
    let finish = (): void => undefined;
    const collector = new Collector(
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    );
    const subscription = await transport.subscribe({ group, topics: [topic] }, collector.handler);
    await published(transport, records(topic, 'inflight', 1));
    await eventually(() => {
      expect(collector.batches).toHaveLength(1);
    });

    let closed = false;
    const closing = subscription.close().then(() => {
      closed = true;
    });
    const fresh = await published(transport, records(topic, 'later', 1));
    expect(closed).toBe(false);
    finish();
    await closing;
    expect(collector.batches).toHaveLength(1);

    const next = new Collector();
    await transport.subscribe({ group, topics: [topic] }, next.handler);
    await eventually(() => {
      expect(next.values()).toEqual(fresh);
    });
  });

  it('closes a subscription once, however often and at the same time it is asked to', async () => {
    const topic = await stage().topic();
    const transport = stage().transport();
    const subscription = await subscribed(transport, { group: stage().group(), topics: [topic] }, () =>
      Promise.resolve(),
    );
    await Promise.all([subscription.close(), subscription.close(), transport.close(), transport.close()]);
    await Promise.all([subscription.close(), transport.close()]);
  });

  it('closes also at once after it was subscribed', async () => {
    const topic = await stage().topic();
    const transport = stage().transport();
    await transport.subscribe({ group: stage().group(), topics: [topic] }, () => Promise.resolve());
    await transport.close();
  });

  it('finishes what was to be published, and takes nothing afterwards', async () => {
    const topic = await stage().topic();
    const transport = stage().transport();
    const publishing = transport.publish(records(topic, 'last', 50));
    await transport.close();
    expect((await publishing).every(({ outcome }) => outcome === 'durable')).toBe(true);
    await expect(transport.publish(records(topic, 'late', 1))).rejects.toThrow(TransportUnavailableError);
  });

  it('lets a handler publish while it closes', async () => {
    const topic = await stage().topic(1);
    const group = stage().group();
    const transport = stage().transport();
    const collector = new Collector(async () => {
      void transport.close();
      await published(transport, records(topic, 'answer', 1));
    });
    await transport.subscribe({ group, topics: [topic] }, collector.handler);
    const other = stage().transport();
    await published(other, records(topic, 'question', 1));
    await eventually(() => {
      expect(collector.batches).toHaveLength(1);
    });
    await transport.close();

    const next = new Collector();
    await other.subscribe({ group, topics: [topic] }, next.handler);
    await eventually(() => {
      expect(next.values()).toEqual(['answer-0']);
    });
  });
}
