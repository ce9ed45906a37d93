import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { Client, type LetterJson } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { describeWithServices } from '../support/services.js';
import { jsonOf, Worker, type RawRecord } from '../support/worker.js';
import { ConsumerGroups } from './consumer-groups.js';
import { done } from './done.js';
import { Installation, PATIENCE, ready } from './installation.js';
import { submitMany } from './submissions.js';

const PARTITIONS = [0, 1, 2];

/** What nobody can process, with the code that says why, and how REST shows its bytes. */
function poison(): (Pick<RawRecord, 'value'> & { code: string; shown: unknown })[] {
  const bytes = Buffer.concat([Buffer.from([0xff]), randomBytes(900 * 1024)]);
  const unknownStatus = JSON.stringify({ taskId: uuidv7(), status: 'PERHAPS' });
  const unknownTask = JSON.stringify({ taskId: uuidv7(), status: 'DONE' });
  return [
    { value: 'no JSON', code: 'invalid_json', shown: 'no JSON' },
    { value: null, code: 'value_missing', shown: null },
    { value: bytes, code: 'invalid_utf8', shown: { base64: bytes.toString('base64') } },
    { value: unknownStatus, code: 'status_unknown', shown: unknownStatus },
    { value: unknownTask, code: 'unknown_task', shown: unknownTask },
  ];
}

describeWithServices('poison at the head of every partition', ['kafka', 'postgres'], ({ brokers }) => {
  let installation: Installation;
  let client: Client;
  let worker: Worker;
  let groups: ConsumerGroups;

  beforeAll(async () => {
    [installation, worker, groups] = await Promise.all([
      Installation.create(),
      Worker.connect(),
      ConsumerGroups.connect(brokers),
    ]);
    client = new Client((await installation.start('web')).url);
  }, 120_000);

  afterAll(() => Promise.all([installation.close(), worker.close(), groups.close()]));

  it('holds up none of the healthy records behind, and is kept with its bytes and coordinates', async () => {
    const { resultTopic, groupPrefix } = installation;
    const ids = await submitMany(client, PARTITIONS.length * 2);
    const bad = poison();
    const expected: unknown[] = [];
    for (const partition of PARTITIONS) {
      for (const [offset, { value, code, shown }] of bad.entries()) {
        await worker.send(resultTopic, { partition, key: 'k', value, headers: { made: 'by hand' } });
        const original = expect.objectContaining({ topic: resultTopic, partition, offset }) as unknown;
        const error = expect.objectContaining({ code }) as unknown;
        expected.push({ original, value: shown, error });
      }
      const healthy = ids.slice(partition * 2, partition * 2 + 2);
      await worker.send(resultTopic, ...healthy.map((id) => ({ ...done(id), partition })));
    }

    await ready(await installation.start('worker'));

    await eventually(async () => {
      const statuses = ids.map(async (id) => (await client.task(id)).status);
      expect(new Set(await Promise.all(statuses))).toEqual(new Set(['succeeded']));
    }, PATIENCE);
    const { items } = await client.letters({ limit: '200' });
    const coordinates = ({ original }: LetterJson) =>
      (original.partition ?? 0) * 100 + (original.offset ?? 0);
    const letters = items.sort((one, other) => coordinates(one) - coordinates(other));
    expect(letters).toMatchObject(expected as object[]);
    for (const letter of letters) {
      expect(letter).toMatchObject({
        ...{ kind: 'result', status: 'open', group: `${groupPrefix}-results` },
        ...{ topic: resultTopic, key: 'k', headers: { made: 'by hand' } },
      });
    }

    // A copy of each is there for other tools, and our own listener passes the copies over.
    const copies = await worker.read(`${resultTopic}-dlq`);
    await eventually(async () => {
      expect(copies.length).toBeGreaterThanOrEqual(letters.length);
      const read = await groups.committed(`${groupPrefix}-dead-letters`, `${resultTopic}-dlq`);
      expect(read).toBe(copies.length);
    }, PATIENCE);
    const copied = copies.map(({ headers }) => headers['taskwire-dead-letter-id']);
    expect(new Set(copied)).toEqual(new Set(letters.map(({ id }) => id)));
    expect(copies.map(jsonOf)[0]).toMatchObject({ original: { topic: resultTopic } });
    expect((await client.letters({ limit: '200' })).items).toHaveLength(letters.length);
  }, 180_000);
});
