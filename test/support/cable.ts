import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';

/**
 * A cable to a server on loopback, which a test can cut (connections break, and new ones are refused), make slow, or
 * let hang (connections stay open and carry nothing any more).
 */
export class Cable {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private port = 0;
  private delayMs = 0;

  private constructor(private readonly target: URL) {}

  /** @param address a URL with host and port. */
  static async to(address: string): Promise<Cable> {
    const cable = new Cable(new URL(address));
    await cable.mend();
    return cable;
  }

  /** The address by way of the cable. */
  address(original: string): string {
    const url = new URL(original);
    url.host = this.host;
    return url.href;
  }

  /** Host and port of its near end. */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  async cut(): Promise<void> {
    const { server } = this;
    if (!server) return;
    this.server = undefined;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /** On the same port as before. */
  async mend(): Promise<void> {
    const server = createServer((near) => {
      this.join(near, connect(Number(this.target.port), this.target.hostname));
    });
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  /** From now on whatever is sent takes this much longer, in each direction, one piece after the other. */
  slow(delayMs: number): void {
    this.delayMs = delayMs;
  }

  /** The connections that there are stay open for both ends and carry nothing any more; new ones are not affected. */
  hang(): void {
    for (const socket of this.sockets) {
      socket.unpipe();
      socket.pause();
    }
  }

  private join(near: Socket, far: Socket): void {
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined); // the other end is told by the close
      socket.on('close', () => {
        this.sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(this.wire()).pipe(other);
    }
  }

  private wire(): Transform {
    return new Transform({
      transform: (piece: Buffer, _, done) => {
        if (this.delayMs === 0) done(null, piece);
        else setTimeout(done, this.delayMs, null, piece);
      },
    });
  }
}
