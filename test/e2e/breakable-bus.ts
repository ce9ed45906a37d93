import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What the connection of the event bus says of itself when it begins. */
const BUS = 'taskwire event bus';

/** A way to PostgreSQL on which the event bus, and nothing else, can be broken. */
export class BreakableBus {
  /** As in `DATABASE_URL`. */
  readonly url: string;
  /** How many bytes the database told the bus in vain. */
  lostBytes = 0;
  private state: 'whole' | 'muted' | 'cut' = 'whole';
  private readonly sockets = new Set<Socket>();
  private readonly buses = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly database: URL,
  ) {
    const url = new URL(database);
    url.port = String((server.address() as AddressInfo).port);
    url.hostname = '127.0.0.1';
    this.url = url.toString();
    server.on('connection', (socket) => {
      this.forward(socket);
    });
  }

  /** @param databaseUrl where it leads to */
  static async open(databaseUrl: string): Promise<BreakableBus> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new BreakableBus(server, new URL(databaseUrl));
  }

  /** The bus hears nothing any more, and its connection looks as if it were well. */
  mute(): void {
    this.state = 'muted';
  }

  /** The bus has no connection, and gets none. */
  cut(): void {
    this.state = 'cut';
    for (const bus of this.buses) bus.destroy();
  }

  /** Connections are as they should be; one that was muted is made anew. */
  mend(): void {
    this.state = 'whole';
    for (const bus of this.buses) bus.destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private forward(near: Socket): void {
    const far = connect(Number(this.database.port), this.database.hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.sockets.delete(socket);
        this.buses.delete(socket);
        other.destroy();
      });
    }
    near.once('data', (start) => {
      if (start.includes(BUS)) this.buses.add(near);
      if (this.buses.has(near) && this.state === 'cut') near.destroy();
    });
    near.on('data', (data) => far.write(data));
    far.on('data', (data) => {
      if (this.state === 'muted' && this.buses.has(near)) this.lostBytes += data.length;
      else near.write(data);
    });
  }
}
