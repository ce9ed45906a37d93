import { jest } from '@jest/globals';
import pg from 'pg';
import { newId } from '../../src/database/new-id.js';
import { BusConnection } from '../../src/events/bus-connection.js';
import { fromPayload } from '../../src/events/hint-payload.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase } from '../support/postgres.js';
import { describeWithServices } from '../support/services.js';

/** Longer than a process counts as there without being heard, in milliseconds. */
const LONG = 60_000;

/** How often one that listens says that it is there, in milliseconds. */
const HEARTBEAT = 15_000;

describeWithServices('hints between processes', ['postgres'], () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  /** Hears everything, and is heard by nobody: it never says that it is there. */
  let eavesdropper: pg.Client;
  let overheard: string[];
  /** How often somebody said that it listens. */
  let presences: number;
  let buses: BusConnection[];
  let time: number;

  beforeEach(async () => {
    database = await createTestDatabase();
    [buses, overheard, presences, time] = [[], [], 0, 1_000_000];
    eavesdropper = new pg.Client({ connectionString: database.url });
    await eavesdropper.connect();
    const { rows } = await eavesdropper.query<{ channel: string }>(
      `SELECT 'taskwire_' || quote_ident(current_schema())::regnamespace::oid AS channel`,
    );
    eavesdropper.on('notification', ({ payload = '' }) => {
      if (payload === '') presences++;
      overheard.push(...fromPayload(payload));
    });
    await eavesdropper.query(`LISTEN ${rows[0]?.channel ?? ''}`);
  });

  afterEach(async () => {
    await Promise.all(buses.map((bus) => bus.onApplicationShutdown()));
    await eavesdropper.end();
    await database.drop();
  });

  /** Connects another process's bus; gives what it was hinted at, too. */
  async function connect(kind: 'listening' | 'deaf'): Promise<{ bus: BusConnection; hinted: string[] }> {
    const bus = new BusConnection(database.url, () => time);
    const hinted: string[] = [];
    const listener = { hinted: (ids: string[]) => hinted.push(...ids), connected: () => undefined };
    if (kind === 'listening') bus.listen(listener);
    bus.onModuleInit();
    buses.push(bus);
    await eventually(() => {
      expect(bus.isConnected).toBe(true);
    });
    return { bus, hinted };
  }

  it('are not sent by a process that has heard of no other one that listens, until it hears of one', async () => {
    const { bus } = await connect('listening');
    const [first, second, third] = [newId(), newId(), newId()];
    // It has just come, and may not have heard of the others yet.
    bus.send([first]);
    await eventually(() => {
      expect([presences, overheard]).toEqual([1, [first]]);
    });
    time += LONG;
    bus.send([second]);
    const { hinted } = await connect('listening');
    // Sooner than with the next heartbeat.
    await eventually(
      () => {
        bus.send([third]);
        expect(hinted).toContain(third);
        expect(overheard).toContain(third);
      },
      { timeoutMs: 5_000 },
    );
    expect(overheard).not.toContain(second);
  });

  it('are sent by a process that does not listen itself, however long it has heard of nobody', async () => {
    const { bus } = await connect('deaf');
    time += LONG;
    const id = newId();
    bus.send([id]);
    await eventually(() => {
      expect(overheard).toEqual([id]);
    });
    // It hears nobody, so nobody has to hint it.
    expect(presences).toBe(0);
  });

  it('are sent for as long as another process that listens is there', async () => {
    // Of all timers only those of the heartbeats.
    jest.useFakeTimers({
      doNotFake: [
        'Date',
        'hrtime',
        'nextTick',
        'performance',
        'queueMicrotask',
        'setImmediate',
        'setTimeout',
      ],
    });
    try {
      const { bus } = await connect('listening');
      const { hinted } = await connect('listening');
      for (let passed = 0; passed <= LONG; passed += HEARTBEAT) {
        const id = newId();
        await eventually(() => {
          bus.send([id]);
          expect(hinted).toContain(id);
        });
        time += HEARTBEAT;
        jest.advanceTimersByTime(HEARTBEAT);
      }
    } finally {
      jest.useRealTimers();
    }
  });
});
