import { eventually } from '../support/eventually.js';
import { unique } from '../support/services.js';
import { Collector, published, records, subscribed, type Stage } from './stage.js';

/** Topics that come, go and come again; lag. */
export function topicConformance(stage: () => Stage): void {
  it('makes missing topics and leaves existing ones as they are', async () => {
    const { topics } = stage().transport();
    const [old, fresh] = [await stage().topic(2), unique('fresh')];
    expect(
      await topics.ensure([
        { name: old, partitions: 5 },
        { name: fresh, partitions: 4 },
      ]),
    ).toEqual([]);
    expect(await topics.describe([old, fresh, unique('missing')])).toEqual([
      { name: old, partitions: 2 },
      { name: fresh, partitions: 4 },
    ]);
  });

  it('names the topics that could not be made, and makes the others', async () => {
    const { topics } = stage().transport();
    const [bad, good] = [unique('bad'), unique('good')];
    const failures = await topics.ensure([
      { name: bad, partitions: 0 },
      { name: good, partitions: 1 },
    ]);
    expect(failures).toEqual([{ name: bad, error: expect.any(Error) as Error }]);
    expect(await topics.describe([bad, good])).toEqual([{ name: good, partitions: 1 }]);
  });

  it('reads a topic from the moment it exists, also beside one that existed before', async () => {
    const early = await stage().topic();
    const late = unique('late');
    const transport = stage().transport();
    const collector = new Collector();
    const alone = await transport.subscribe({ group: stage().group(), topics: [late] }, collector.handler);
    const beside = new Collector();
    await subscribed(transport, { group: stage().group(), topics: [early, late] }, beside.handler);
    await eventually(() => {
      expect(alone.state().status).toBe('failed');
    });

    await transport.topics.ensure([{ name: late, partitions: 3 }]);
    const written = await eventually(() => published(transport, records(late, 'late', 10)));
    await eventually(() => {
      expect(collector.values().sort()).toEqual(written.sort());
      expect(beside.values().sort()).toEqual(written.sort());
    });
    expect(alone.state()).toEqual({ status: 'running' });
  });

  it('lists topics with their partitions', async () => {
    const names = [await stage().topic(2), await stage().topic(1)];
    const { topics } = stage().transport();
    const listed = (await topics.list()).filter(({ name }) => names.includes(name));
    expect(new Set(listed)).toEqual(
      new Set([
        { name: names[0], partitions: 2 },
        { name: names[1], partitions: 1 },
      ]),
    );
  });

  it('reads topics whose names match, also those that come later, and no others', async () => {
    const prefix = unique('matched');
    const transport = stage().transport();
    const named = await stage().topic(1);
    const [early, late, other] = [`${prefix}-early`, `${prefix}-late`, unique('other')];
    await transport.topics.ensure([early, other].map((name) => ({ name, partitions: 2 })));
    const collector = new Collector();
    const matching = (name: string): boolean => name.startsWith(prefix);
    const options = { group: stage().group(), topics: [named, unique('missing')], matching };
    await subscribed(transport, options, collector.handler);
    await published(transport, records(other, 'other', 5));
    const written = await published(transport, [
      ...records(named, 'named', 5),
      ...records(early, 'early', 5),
    ]);
    await transport.topics.ensure([{ name: late, partitions: 3 }]);
    written.push(...(await eventually(() => published(transport, records(late, 'late', 5)))));
    await eventually(() => {
      expect(collector.values().sort()).toEqual(written.sort());
    });
  });

  it('reads a topic that was deleted and made anew from its beginning', async () => {
    const other = await stage().topic(1);
    const topic = await stage().topic(1);
    const transport = stage().transport();
    const collector = new Collector();
    await subscribed(transport, { group: stage().group(), topics: [topic, other] }, collector.handler);
    await published(transport, records(topic, 'old', 20));
    await eventually(() => {
      expect(collector.values()).toHaveLength(20);
    });

    await stage().driver.deleteTopic(topic);
    await transport.topics.ensure([{ name: topic, partitions: 1 }]);
    const written = await eventually(() => published(transport, records(topic, 'new', 5)));
    const elsewhere = await published(transport, records(other, 'other', 5));
    await eventually(() => {
      const values = collector.values();
      expect(values.filter((value) => value.startsWith('new'))).toEqual(written);
      expect(values.filter((value) => value.startsWith('other'))).toEqual(elsewhere);
    });
  });

  it('reads a topic that was made anew while nobody read it from its beginning', async () => {
    const topic = await stage().topic(1);
    const options = { group: stage().group(), topics: [topic] };
    const transport = stage().transport();
    const first = new Collector();
    const subscription = await transport.subscribe(options, first.handler);
    await published(transport, records(topic, 'old', 5));
    await eventually(() => {
      expect(first.values()).toHaveLength(5);
    });
    await subscription.close();

    await stage().driver.deleteTopic(topic);
    await transport.topics.ensure([{ name: topic, partitions: 1 }]);
    const written = await eventually(() => published(transport, records(topic, 'new', 8)));
    const second = new Collector();
    await transport.subscribe(options, second.handler);
    await eventually(() => {
      expect(second.values()).toEqual(written);
    });
  });

  it('counts the lag of a group from the earliest record until it commits', async () => {
    const topic = await stage().topic();
    const group = stage().group();
    const transport = stage().transport();
    await published(transport, records(topic, 'lagging', 12));
    const missing = unique('missing');
    expect(await transport.topics.lag(group, [topic, missing])).toEqual([{ group, topic, lag: 12 }]);

    await transport.subscribe({ group, topics: [topic] }, () => Promise.resolve());
    await eventually(async () => {
      expect(await transport.topics.lag(group, [topic])).toEqual([{ group, topic, lag: 0 }]);
    });
  });
}
