import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import { EventBus } from '../../src/events/event-bus.js';
import { eventually } from '../support/eventually.js';
import { startFollowingApp } from '../support/following-app.js';
import { startPostgres, type PostgresServer } from '../support/postgres.js';
import { Recorder } from '../support/recorder.js';
import { describeWithServices } from '../support/services.js';
import { WrittenTask } from '../support/written-task.js';

const CUT_THE_BUS = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'taskwire event bus'`;

describeWithServices('following a task while connections break', ['ownPostgres'], () => {
  let server: PostgresServer;
  let near: NestFastifyApplication;
  let far: NestFastifyApplication;
  let task: WrittenTask;
  let reader: Recorder;

  beforeAll(async () => {
    server = await startPostgres();
    const settings = { DATABASE_URL: server.url };
    [near, far] = [await startFollowingApp(settings), await startFollowingApp(settings)];
  });

  afterAll(async () => {
    await Promise.all([near.close(), far.close()]);
    await server.close();
  });

  beforeEach(async () => {
    task = await WrittenTask.create(near.get(DataSource));
    reader = new Recorder(far);
    await reader.follow(task.id);
  });

  async function hintsFlow(): Promise<void> {
    await eventually(() => {
      for (const app of [near, far]) expect(app.get(EventBus).isConnected).toBe(true);
    });
  }

  it('hears of hints again after the connection of the event bus was cut, and misses nothing', async () => {
    await near.get(DataSource).query(CUT_THE_BUS);
    await eventually(
      () => {
        for (const app of [near, far]) expect(app.get(EventBus).isConnected).toBe(false);
      },
      { intervalMs: 2 },
    );
    const lost = await task.append('running');
    near.get(EventBus).announce([lost]);
    await hintsFlow();
    await eventually(
      () => {
        expect(reader.seqs).toEqual([2]);
      },
      { timeoutMs: 1_500 },
    );
    near.get(EventBus).announce([await task.append('succeeded')]);
    await eventually(
      () => {
        expect(reader.seqs).toEqual([2, 3]);
      },
      { timeoutMs: 1_500 },
    );
  });

  it('keeps its followers while the database is down, and goes on where they stood', async () => {
    const event = await task.append('running');
    await server.kill();
    near.get(EventBus).announce([event]);
    far.get(EventBus).announce([{ ...event, seq: 7 }]);
    await server.start();
    await eventually(() => {
      expect(reader.seqs).toEqual([2]);
    });
    await hintsFlow();
    near.get(EventBus).announce([await task.append('succeeded')]);
    await eventually(
      () => {
        expect(reader.seqs).toEqual([2, 3]);
      },
      { timeoutMs: 1_500 },
    );
    expect(reader.dismissed).toBeNull();
  });
});
