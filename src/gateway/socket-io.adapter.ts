import type { INestApplicationContext } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { IncomingMessage } from 'node:http';
import type { Server, ServerOptions } from 'socket.io';
import { jsonTextParser } from './json-text.js';

/** The largest message that a client may send, in bytes: there are only subscriptions. */
const MAX_MESSAGE = 64 * 1024;

/** Which pages may open sockets. */
export interface OriginRules {
  /** Pages of other origins that may read answers (CORS). */
  corsOrigins: readonly string[];
  /** Whether a request may come from where it says; asked for WebSockets, too, which know no CORS. */
  isAllowed: (request: IncomingMessage) => boolean;
}

/** Socket.IO on the application's own HTTP server, with its default path and namespace. */
export class SocketIoAdapter extends IoAdapter {
  constructor(
    application: INestApplicationContext,
    private readonly origins: OriginRules,
  ) {
    super(application);
  }

  override createIOServer(port: number, options?: Partial<ServerOptions>): Server {
    const ours: Partial<ServerOptions> = {
      ...options,
      parser: jsonTextParser,
      serveClient: false,
      maxHttpBufferSize: MAX_MESSAGE,
      cors: { origin: [...this.origins.corsOrigins] },
      allowRequest: (request, decide) => {
        decide(null, this.origins.isAllowed(request));
      },
    };
    return super.createIOServer(port, ours as ServerOptions);
  }

  /**
   * Ends all sockets. Socket.IO's own `close` would also close the HTTP server, behind Fastify's back, and wait for
   * clients that go on using their connections.
   */
  override close(server: Server): Promise<void> {
    server.engine.close();
    return Promise.resolve();
  }
}
