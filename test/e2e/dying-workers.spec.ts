import { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { describeWithServices } from '../support/services.js';
import { Worker } from '../support/worker.js';
import { ConsumerGroups } from './consumer-groups.js';
import { done } from './done.js';
import { Installation, PATIENCE, ready } from './installation.js';
import { submitMany } from './submissions.js';

const TASKS = 400;

/** How many results are written at a time while a worker is to die over them. */
const CHUNK = 10;

describeWithServices('a worker process', ['kafka', 'postgres'], ({ brokers }) => {
  let installation: Installation;
  let client: Client;
  let worker: Worker;
  let groups: ConsumerGroups;

  beforeEach(async () => {
    [installation, worker, groups] = await Promise.all([
      Installation.create(),
      Worker.connect(),
      ConsumerGroups.connect(brokers),
    ]);
    client = new Client((await installation.start('web')).url);
  }, 120_000);

  afterEach(() => Promise.all([installation.close(), worker.close(), groups.close()]));

  async function writeResults(ids: readonly string[]): Promise<void> {
    await worker.send(installation.resultTopic, ...ids.map((id) => ({ ...done(id), key: id })));
  }

  it('killed between its commit and that of the offsets leaves nothing undone, and nothing is done twice', async () => {
    const { resultTopic, resultsGroup } = installation;
    const ids = await submitMany(client, TASKS);
    const victim = await installation.start('worker');
    await ready(victim);
    await groups.expectMembers(resultsGroup, 1);

    let written = 0;
    const writing = (async () => {
      for (; written < TASKS && victim.running; written += CHUNK)
        await writeResults(ids.slice(written, written + CHUNK));
    })();
    await eventually(
      async () => {
        expect(await installation.resultPosition()).toBeGreaterThan(0);
      },
      { ...PATIENCE, intervalMs: 1 },
    );
    await victim.stop('SIGKILL');
    await writing;
    const [applied, committed] = [
      await installation.resultPosition(),
      await groups.committed(resultsGroup, resultTopic),
    ];
    expect(committed).toBeLessThan(applied);

    const successor = await installation.start('worker');
    await writeResults(ids.slice(written));
    await installation.expectDoneOnce(TASKS);
    // What comes again is not even looked at.
    const counted = new Client(successor.url);
    expect(await counted.metric('taskwire_results_total', { outcome: 'applied' })).toBe(TASKS - applied);
    expect(await counted.metric('taskwire_results_total', { outcome: 'ignored' })).toBe(0);
  }, 180_000);

  it('frozen in the middle of a transaction loses its work to another, and joins again when it thaws', async () => {
    const { resultTopic, resultsGroup } = installation;
    const ids = await submitMany(client, TASKS);
    const frozen = await installation.start('worker');
    await ready(frozen);
    await groups.expectMembers(resultsGroup, 1);

    const blocker = await installation.connect();
    await blocker.query('BEGIN');
    await blocker.query('SELECT FROM tasks FOR UPDATE');
    await writeResults(ids.slice(0, TASKS / 2));
    await eventually(async () => {
      const blocked = 'SELECT 1 FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))';
      expect((await blocker.query(blocked)).rowCount).toBeGreaterThan(0);
    }, PATIENCE);
    frozen.signal('SIGSTOP');
    // From here on the frozen process's transaction holds the locks on positions and tasks.
    await blocker.end();
    const other = await installation.start('worker');
    await installation.expectDone(TASKS / 2);
    await groups.expectMembers(resultsGroup, 1);

    frozen.signal('SIGCONT');
    await groups.expectMembers(resultsGroup, 2);
    await writeResults(ids.slice(TASKS / 2));
    await installation.expectDoneOnce(TASKS);
    for (const { url } of [frozen, other]) {
      const applied = await new Client(url).metric('taskwire_results_total', { outcome: 'applied' });
      expect(applied).toBeGreaterThan(0);
    }
    // Commits are lazy: the last ones come a moment later.
    await eventually(async () => {
      expect(await groups.committed(resultsGroup, resultTopic)).toBe(TASKS);
    }, PATIENCE);
  }, 180_000);
});
