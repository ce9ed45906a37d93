import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws';

/** How long a client may take to answer that it was told goodbye, in milliseconds; the end of the process waits for it. */
const CLOSE_TIMEOUT = 2_000;

/**
 * WebSockets for Socket.IO that write what one turn of the event loop sends to them at once. Socket.IO sends each event as a
 * message of its own, and each would cost a system call, which for a page that follows many tasks is most of what they cost.
 */
export class GatheringServer extends WebSocketServer {
  constructor(options: ServerOptions) {
    const ours: ServerOptions & { closeTimeout: number } = { ...options, closeTimeout: CLOSE_TIMEOUT };
    super(ours);
  }

  override handleUpgrade(
    request: IncomingMessage,
    connection: Duplex,
    head: Buffer,
    accept: (socket: WebSocket, request: IncomingMessage) => void,
  ): void {
    super.handleUpgrade(request, connection, head, (socket, upgraded) => {
      gather(connection);
      accept(socket, upgraded);
    });
  }
}

/** Holds what is written to a connection until the current turn is over. */
function gather(connection: Duplex): void {
  const write = connection.write.bind(connection) as (...args: unknown[]) => boolean;
  let isGathering = false;
  connection.write = (...args: unknown[]): boolean => {
    if (!isGathering) {
      isGathering = true;
      connection.cork();
      process.nextTick(() => {
        isGathering = false;
        connection.uncork();
      });
    }
    return write(...args);
  };
}
