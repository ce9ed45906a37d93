import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Server, Socket } from 'socket.io';
import { io, type Socket as Client } from 'socket.io-client';
import type { WebSocket } from 'ws';
import type { RecordedEvent } from '../events/event.js';
import { eventually } from '../../test/support/eventually.js';
import { SocketIoAdapter } from './socket-io.adapter.js';
import { emitEvent } from './socket-messages.js';

const MEGABYTE = 1_000_000;

function event(seq: number, data = '{}'): RecordedEvent {
  return {
    taskId: '019a0000-0000-7000-8000-000000000000',
    seq,
    type: 'progress',
    status: 'running',
    attempt: 1,
    at: new Date(0),
    owner: 'alice',
    data,
    result: null,
  };
}

describe('emitEvent', () => {
  let http: HttpServer;
  let adapter: SocketIoAdapter;
  let server: Server;
  const clients: Client[] = [];

  beforeEach(async () => {
    http = createServer();
    adapter = new SocketIoAdapter(http, { corsOrigins: [], isAllowed: () => true });
    server = adapter.createIOServer(0);
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.disconnect();
    await adapter.close(server);
    http.closeAllConnections();
    http.close();
  });

  async function connect(transport: string): Promise<{ client: Client; socket: Socket }> {
    const { port } = http.address() as AddressInfo;
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const client = io(`http://127.0.0.1:${port}`, { transports: [transport], forceNew: true });
    clients.push(client);
    const [[socket]] = await Promise.all([accepted, once(client as never, 'connect')]);
    return { client, socket };
  }

  it.each(['websocket', 'polling'])('brings events in their order over %s', async (transport) => {
    const { client, socket } = await connect(transport);
    const received: unknown[] = [];
    client.on('task', (message) => received.push(message));
    const text = '{"message":"größer — 🚀"}';
    emitEvent(socket, event(1));
    emitEvent(socket, event(2, text));
    await eventually(() => {
      expect(received).toEqual([
        expect.objectContaining({ seq: 1, status: 'running', data: {} }),
        expect.objectContaining({ seq: 2, data: JSON.parse(text) as unknown }),
      ]);
    });
  });

  it('holds the bytes of an event once, however many sockets leave it unread', async () => {
    const sockets: Socket[] = [];
    for (let n = 0; n < 50; n++) {
      const { client, socket } = await connect('websocket');
      webSocket(client).pause();
      sockets.push(socket);
    }
    const before = process.memoryUsage.rss();
    for (let seq = 1; seq <= 8; seq++) {
      const large = event(seq, JSON.stringify({ message: 'x'.repeat(MEGABYTE) }));
      for (const socket of sockets) emitEvent(socket, large);
      await new Promise(setImmediate);
    }
    const heldMegabytes = (process.memoryUsage.rss() - before) / MEGABYTE;
    // One for each socket would be some 250.
    expect(heldMegabytes).toBeLessThan(120);
    for (const client of clients) webSocket(client).terminate();
  });
});

/** What carries a client over `websocket`. */
function webSocket(client: Client): WebSocket {
  return (client.io.engine.transport as unknown as { ws: WebSocket }).ws;
}
