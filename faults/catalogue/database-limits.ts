import { createWriteStream } from 'node:fs';
import { chown, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { Child } from '../../test/support/child.js';
import type { Stage } from '../stage/stage.js';
import type { Fault } from './fault.js';

const HELD_MS = 10_000;
const TAKER = 'slot taker';
const DISK_MB = 64;

const TERMINATE_OTHERS = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE backend_type = 'client backend' AND application_name <> $1`;

/** Everything of the stage's schema that takes room. */
const RELATIONS = `
  SELECT relname AS name, relkind AS kind FROM pg_class
  WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'i')`;

/** Takes connections until there are no more. */
async function takeSlots(databaseUrl: string, taken: pg.Client[]): Promise<void> {
  for (;;) {
    const client = new pg.Client({ connectionString: databaseUrl, application_name: TAKER });
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch {
      return;
    }
    taken.push(client);
  }
}

async function useUpSlots({ installation: { databaseUrl } }: Stage): Promise<void> {
  const taken: pg.Client[] = [];
  try {
    await takeSlots(databaseUrl, taken);
    const end = performance.now() + HELD_MS;
    while (performance.now() < end) {
      await taken[0]?.query(TERMINATE_OTHERS, [TAKER]);
      await takeSlots(databaseUrl, taken);
      await pause(100);
    }
  } finally {
    await Promise.all(taken.map((client) => client.end()));
  }
}

/** A small disk for the tables of a stage, in memory. Needs to be root. */
class SmallDisk {
  private constructor(
    private readonly stage: Stage,
    private readonly folder: string,
  ) {}

  static async moveTo(stage: Stage): Promise<SmallDisk> {
    const folder = await mkdtemp(path.join(tmpdir(), 'taskwire-small-disk-'));
    await Child.run('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'tmpfs', folder]);
    const disk = new SmallDisk(stage, folder);
    const [row] = await stage.installation.query<{ data_directory: string }>('SHOW data_directory');
    const { uid, gid } = await stat(row?.data_directory ?? '');
    await chown(folder, uid, gid);
    await stage.installation.query(`CREATE TABLESPACE small_disk LOCATION '${folder}'`);
    await disk.move('small_disk');
    return disk;
  }

  /** Fills what is left; writing of anything more fails. */
  async fill(): Promise<void> {
    const endless = Readable.from(
      (function* zeros() {
        for (;;) yield Buffer.alloc(64 * 1024);
      })(),
    );
    await pipeline(endless, createWriteStream(this.ballast)).catch(() => undefined);
  }

  async makeRoom(): Promise<void> {
    await rm(this.ballast, { force: true });
  }

  /** Moves everything back to the disk that it came from. */
  async leave(): Promise<void> {
    await this.move('pg_default');
    await this.stage.installation.query('DROP TABLESPACE small_disk');
    await Child.run('umount', [this.folder]);
    await rm(this.folder, { recursive: true });
  }

  private get ballast(): string {
    return path.join(this.folder, 'ballast');
  }

  private async move(tablespace: string): Promise<void> {
    const { installation } = this.stage;
    for (const { name, kind } of await installation.query<{ name: string; kind: string }>(RELATIONS))
      await installation.query(
        `ALTER ${kind === 'r' ? 'TABLE' : 'INDEX'} "${name}" SET TABLESPACE ${tablespace}`,
      );
  }
}

function diskFull(): Fault {
  let disk: SmallDisk | undefined;
  return {
    name: 'disk-full',
    about: `the disk of the tables, ${DISK_MB} MB, is full for ${HELD_MS / 1_000} s`,
    inject: async (stage) => {
      disk = await SmallDisk.moveTo(stage);
      await disk.fill();
      await pause(HELD_MS);
      await disk.makeRoom();
    },
    mend: async () => {
      await disk?.leave();
    },
  };
}

/** What PostgreSQL runs out of. */
export const DATABASE_LIMIT_FAULTS: Fault[] = [
  {
    name: 'slots-used-up',
    about: `others hold every connection that PostgreSQL has, for ${HELD_MS / 1_000} s`,
    inject: useUpSlots,
  },
  diskFull(),
];
