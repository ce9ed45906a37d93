import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What the connection of the event bus says of itself when it begins. */
const BUS = 'taskwire event bus';

/** A way to PostgreSQL on which the event bus, and nothing else, can be broken. */
export class BreakableBus {
  /** As in `DATABASE_URL`. */
  readonly url: string;
  /** How many hints of other processes did not come through. */
  lostHints = 0;
  private state: 'whole' | 'muted' | 'cut' = 'whole';
  private readonly sockets = new Set<Socket>();
  private readonly buses = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly database: URL,
  ) {
    const url = new URL(database);
    url.hostname = '127.0.0.1';
    url.port = String((server.address() as AddressInfo).port);
    this.url = url.toString();
    server.on('connection', (socket) => {
      this.forward(socket);
    });
  }

  /** @param databaseUrl where it leads to; not over TLS */
  static async open(databaseUrl: string): Promise<BreakableBus> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new BreakableBus(server, new URL(databaseUrl));
  }

  /** The bus hears no hint any more; its connection is as well as ever. */
  mute(): void {
    this.state = 'muted';
  }

  /** The bus has no connection, and gets none. */
  cut(): void {
    this.state = 'cut';
    for (const bus of this.buses) bus.destroy();
  }

  /** Everything is as it should be. */
  mend(): void {
    this.state = 'whole';
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private forward(near: Socket): void {
    const far = connect(Number(this.database.port || 5432), this.database.hostname);
    this.tie(near, far);
    this.tie(far, near);
    near.on('data', (data) => far.write(data));
    near.once('data', (start) => {
      if (!start.includes(BUS)) far.pipe(near);
      else if (this.state === 'cut') near.destroy();
      else this.forwardBus(near, far);
    });
  }

  private forwardBus(near: Socket, far: Socket): void {
    this.buses.add(near);
    const answers = new ServerMessages();
    far.on('data', (data) => {
      for (const message of answers.take(data)) {
        if (this.state === 'muted' && answers.isForeignHint(message)) this.lostHints += 1;
        else near.write(message);
      }
    });
  }

  /** Ends the one with the other. */
  private tie(socket: Socket, other: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.sockets.delete(socket);
      this.buses.delete(socket);
      other.destroy();
    });
  }
}

/**
 * What a PostgreSQL server says on one connection, message by message: a letter, the length of all but the letter, and the
 * contents (https://www.postgresql.org/docs/current/protocol-message-formats.html).
 */
class ServerMessages {
  private rest: Buffer = Buffer.alloc(0);
  private ownProcess: number | null = null;

  /** The messages that are complete with these bytes. */
  take(data: Buffer): Buffer[] {
    this.rest = Buffer.concat([this.rest, data]);
    const messages: Buffer[] = [];
    while (this.rest.length >= 5) {
      const end = 1 + this.rest.readInt32BE(1);
      if (this.rest.length < end) break;
      const message = this.rest.subarray(0, end);
      this.rest = this.rest.subarray(end);
      if (letterOf(message) === 'K') this.ownProcess = message.readInt32BE(5);
      messages.push(message);
    }
    return messages;
  }

  /** Whether it is a notification that another connection sent. */
  isForeignHint(message: Buffer): boolean {
    return letterOf(message) === 'A' && message.readInt32BE(5) !== this.ownProcess;
  }
}

function letterOf(message: Buffer): string {
  return String.fromCharCode(message[0] ?? 0);
}
