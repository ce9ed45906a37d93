import type { Transport } from '../../src/transport/transport.js';
import { eventually } from '../support/eventually.js';
import type { Member } from './conformance-driver.js';
import { published, records, type Stage } from './stage.js';

/** Until a silent member's session is over and the others have its partitions, in milliseconds. */
const TAKEOVER_MS = 25_000;

/** Members of a group: they share, join, die and freeze. */
export function groupConformance(stage: () => Stage): void {
  it('shares the partitions between two members, a third, and those who are left when one dies', async () => {
    const topic = await stage().topic(6);
    const options = { group: stage().group(), topics: [topic], acknowledge: true };
    const publisher = stage().transport();
    const [first, second] = await Promise.all([stage().member(options), stage().member(options)]);
    await untilShared(publisher, topic, [first, second]);

    const third = await stage().member(options);
    await untilShared(publisher, topic, [first, second, third]);

    await second.kill();
    await untilShared(publisher, topic, [first, third]);
  });

  it('gives the partitions of a frozen member to others, and takes it back when it thaws', async () => {
    const topic = await stage().topic(6);
    const options = { group: stage().group(), topics: [topic], acknowledge: true };
    const publisher = stage().transport();
    const [frozen, awake] = await Promise.all([stage().member(options), stage().member(options)]);
    await untilShared(publisher, topic, [frozen, awake]);

    frozen.freeze();
    await untilShared(publisher, topic, [awake]);
    frozen.thaw();
    await untilShared(publisher, topic, [frozen, awake]);
  });
}

let rounds = 0;

/** Publishes rounds of records until one was read whole by these members, with a part for each. */
async function untilShared(publisher: Transport, topic: string, members: Member[]): Promise<void> {
  await eventually(
    async () => {
      const round = `round-${(rounds += 1)}`;
      const written = await published(publisher, records(topic, round, 40));
      await eventually(
        () => {
          const parts = members.map((member) =>
            member.received().filter((value) => value.startsWith(`${round}-`)),
          );
          expect(new Set(parts.flat())).toEqual(new Set(written));
          expect(parts.every((part) => part.length > 0)).toBe(true);
        },
        { timeoutMs: 1_500 },
      );
    },
    { timeoutMs: TAKEOVER_MS },
  );
}
