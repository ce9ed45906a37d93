import type { Socket } from 'socket.io';

/** Socket.IO's connection below a socket, and what carries it: a WebSocket, or polling requests. */
type Connection = Socket['conn'];
type Carrier = Connection['transport'];

/**
 * Measures what was given to a socket and not taken by its other side yet: packets wait in the connection until their
 * carrier is free, and are with the carrier until the kernel (or the next polling request) has taken all of them. So
 * "taking something" means a whole batch of packets, which is as fine as Socket.IO tells.
 */
export class UnreadMeter {
  private waiting = 0;
  private carried = 0;

  constructor(private readonly connection: Connection) {
    connection.on('packetCreate', ({ data }: { data?: string | Buffer }) => {
      this.waiting += data?.length ?? 0;
    });
    connection.on('flush', () => {
      this.carried = this.waiting;
      this.waiting = 0;
    });
  }

  /** In characters, which are bytes for most of JSON. */
  get unread(): number {
    return this.waiting + (this.connection.transport.writable ? 0 : this.carried);
  }

  /** Calls `listener` whenever a batch was taken. */
  onTaken(listener: () => void): void {
    this.connection.transport.on('ready', listener);
    this.connection.on('upgrade', (carrier: Carrier) => carrier.on('ready', listener));
  }
}
