import type { INestApplicationContext } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Server, ServerOptions } from 'socket.io';
import { GatheringServer } from './gathering-server.js';
import { jsonTextParser } from './json-text.js';

/** The largest message that a client may send, in bytes: there are only subscriptions. */
const MAX_MESSAGE = 64 * 1024;

/** The most connections that there may be: one over polling holds none of the HTTP server's, and is open all the same. */
const MAX_CONNECTIONS = 10_000;

/** How long a connection may stay without a socket, in milliseconds: its first message asks for one. */
const CONNECT_TIMEOUT = 10_000;

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
    application: INestApplicationContext | HttpServer,
    private readonly origins: OriginRules,
  ) {
    super(application);
  }

  override createIOServer(port: number, options?: Partial<ServerOptions>): Server {
    const ours: Partial<ServerOptions> = {
      ...options,
      parser: jsonTextParser,
      serveClient: false,
      wsEngine: GatheringServer,
      maxHttpBufferSize: MAX_MESSAGE,
      connectTimeout: CONNECT_TIMEOUT,
      cors: { origin: [...this.origins.corsOrigins] },
      allowRequest: (request, decide) => {
        const hasRoom = server.engine.clientsCount < MAX_CONNECTIONS;
        decide(
          hasRoom ? null : 'There are too many connections.',
          hasRoom && this.origins.isAllowed(request),
        );
      },
    };
    const server = super.createIOServer(port, ours as ServerOptions);
    return server;
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
