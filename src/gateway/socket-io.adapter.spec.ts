import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SocketIoAdapter } from './socket-io.adapter.js';

describe('SocketIoAdapter', () => {
  it('opens no more connections than there is room for, also over polling', async () => {
    const http = createServer();
    const adapter = new SocketIoAdapter(http, { corsOrigins: [], isAllowed: () => true });
    const server = adapter.createIOServer(0);
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const { port } = http.address() as AddressInfo;
    const open = () => fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`);
    expect((await open()).status).toBe(200);
    expect(server.engine.clientsCount).toBe(1);
    server.engine.clientsCount = 10_000;
    expect((await open()).status).toBe(403);
    await adapter.close(server);
    http.closeAllConnections();
    http.close();
  });
});
