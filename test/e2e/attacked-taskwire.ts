import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createTestDatabase } from '../support/postgres.js';
import { startTaskwire, type TaskwireProcess } from '../support/process.js';
import { Rest } from '../support/rest.js';
import { SECRET, tokenFor } from '../support/tokens.js';

/** The heap that it has, in MiB: what needs memory without bounds ends it. */
const HEAP = 256;

/** What it may take of memory in all, in bytes: the heap, code, and what is read before it is looked at. */
const MAX_RESIDENT = 640 * 1024 * 1024;

/** A Taskwire process with little memory, for tests that send it what nobody should. */
export class AttackedTaskwire {
  private constructor(
    private readonly process: TaskwireProcess,
    private readonly dispose: () => Promise<void>,
    /** Somebody else, who goes on using it. */
    readonly other: Rest,
  ) {}

  /** Starts one. @param auth with `jwt`, tokens are those of `tokenFor` */
  static async start(auth: 'none' | 'jwt' = 'none'): Promise<AttackedTaskwire> {
    const database = await createTestDatabase();
    const env = {
      DATABASE_URL: database.url,
      TRANSPORT: 'none',
      LOG_LEVEL: 'error',
      AUTH: auth,
      NODE_OPTIONS: `--max-old-space-size=${HEAP}`,
      ...(auth === 'jwt' && { JWT_SECRET: SECRET }),
    };
    const process = await startTaskwire({ role: 'all', env });
    const exp = Math.floor(Date.now() / 1000) + 600;
    const token = auth === 'jwt' ? await tokenFor('bob', ['client'], { exp }) : undefined;
    return new AttackedTaskwire(process, () => database.drop(), new Rest(process.url, token));
  }

  get url(): string {
    return this.process.url;
  }

  /** A connection over which nothing was sent yet. */
  async connect(): Promise<Socket> {
    const socket = connect(Number(new URL(this.url).port), '127.0.0.1');
    await once(socket, 'connect');
    return socket.on('error', () => undefined);
  }

  /** Sends bytes as they are, and gives all that is answered until the connection is closed. */
  async raw(bytes: string | Buffer): Promise<string> {
    const socket = await this.connect();
    const answer = received(socket);
    socket.write(bytes);
    return answer;
  }

  /** Fails unless it still runs, in bounded memory, has met no error of its own, and serves others. */
  async expectUnharmed(): Promise<void> {
    expect((await this.other.post('/v1/tasks', { payload: {} })).status).toBe(202);
    const metrics = await (await fetch(`${this.url}/metrics`)).text();
    const resident = Number(/^process_resident_memory_bytes (\d+)/m.exec(metrics)?.[1]);
    expect(resident).toBeLessThan(MAX_RESIDENT);
    expect(this.process.output()).not.toContain('"level"');
  }

  async close(): Promise<void> {
    await this.process.stop('SIGKILL');
    await this.dispose();
  }
}

/** All that comes over a connection until it is closed. */
export async function received(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}
