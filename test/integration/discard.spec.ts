import { startApp, type TestApp } from '../support/app.js';
import { Letters, type WholeLetterJson } from '../support/letters.js';
import { Rest, type WholeTaskJson } from '../support/rest.js';
import { describeWithServices } from '../support/services.js';
import { Worker } from '../support/worker.js';

describeWithServices('discarding a dead letter', ['kafka', 'postgres'], () => {
  let taskwire: TestApp;
  let rest: Rest;
  let worker: Worker;
  let letters: Letters;

  beforeAll(async () => {
    [taskwire, worker] = await Promise.all([startApp(), Worker.connect()]);
    rest = new Rest(taskwire.url);
    letters = new Letters(taskwire, worker);
  });

  afterAll(() => Promise.all([taskwire.close(), worker.close()]));

  const submitted = (): Promise<WholeTaskJson> => rest.submit();

  const redrive = (id: string): ReturnType<typeof rest.post<{ code: string }>> =>
    rest.post(`/v1/dead-letters/${id}/redrive`);

  it('closes it for good, with a note', async () => {
    const { id } = await letters.ofTask(await submitted());
    const { status, json } = await rest.post<WholeLetterJson>(`/v1/dead-letters/${id}/discard`, {
      note: 'no use',
    });
    expect([status, json]).toEqual([
      200,
      expect.objectContaining({ status: 'discarded', note: 'no use', redrivenAt: null }),
    ]);
    expect((await redrive(id)).json.code).toBe('dead_letter_not_open');
    const again = await rest.post<{ code: string }>(`/v1/dead-letters/${id}/discard`, { note: 'no use' });
    expect([again.status, again.json.code]).toEqual([409, 'dead_letter_not_open']);
  });

  it('and redriving it take its id in capital letters, as reading it does', async () => {
    const [first, second] = [
      await letters.ofTask(await submitted()),
      await letters.ofTask(await submitted()),
    ];
    expect((await redrive(first.id.toUpperCase())).status).toBe(202);
    const discard = `/v1/dead-letters/${second.id.toUpperCase()}/discard`;
    expect((await rest.post(discard, { note: 'no use' })).status).toBe(200);
  });

  it('is in the audit log, as everything that operators do', async () => {
    const [first, second] = [
      await letters.ofTask(await submitted()),
      await letters.ofTask(await submitted()),
    ];
    await redrive(first.id);
    await rest.post(`/v1/dead-letters/${second.id}/discard`, { note: 'no use' });
    const { json } = await rest.get<{ items: { action: string; target: string }[] }>('/v1/audit?limit=200');
    expect(json.items).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ outcome: 'done', action: 'redriven', target: first.id, owner: 'local' }),
        expect.objectContaining({ outcome: 'done', action: 'discarded', target: second.id }),
      ]),
    );
  });

  it.each([
    ['nothing', {}],
    ['an empty note', { note: '' }],
    ['more than a note', { note: 'x', value: 'y' }],
  ])('is refused with %s', async (_, body) => {
    const { id } = await letters.ofTask(await submitted());
    const answer = await rest.post<{ code: string }>(`/v1/dead-letters/${id}/discard`, body);
    expect([answer.status, answer.json.code]).toEqual([400, 'invalid_request']);
  });

  it.each(['redrive', 'discard'])('is refused for a letter that does not exist: %s', async (action) => {
    for (const id of ['nonsense', '01930000-0000-7000-8000-000000000000']) {
      const answer = await rest.post<{ code: string }>(`/v1/dead-letters/${id}/${action}`, { note: 'x' });
      expect([answer.status, answer.json.code]).toEqual([404, 'not_found']);
    }
  });
});
