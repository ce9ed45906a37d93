import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import { GatheringServer } from './gathering-server.js';

describe('GatheringServer', () => {
  let server: Server;
  let client: WebSocket;
  let ours: WebSocket;
  let writes: number;

  beforeEach(async () => {
    const sockets = new GatheringServer({ noServer: true });
    server = createServer();
    const accepted = new Promise<WebSocket>((resolve) => {
      server.on('upgrade', (request, connection, head) => {
        sockets.handleUpgrade(request, connection, head, resolve);
      });
    });
    server.on('connection', (connection) => {
      for (const method of ['_write', '_writev'] as const) {
        const write = connection[method]?.bind(connection) as (...args: unknown[]) => void;
        connection[method] = (...args: unknown[]) => {
          writes++;
          write(...args);
        };
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    [ours] = await Promise.all([accepted, once(client, 'open')]);
    writes = 0;
  });
  afterEach(() => {
    client.terminate();
    server.close();
  });

  it('writes the messages of one turn at once, in their order', async () => {
    const received: string[] = [];
    client.on('message', (data: Buffer) => received.push(data.toString()));
    for (let n = 0; n < 10; n++) ours.send(String(n));
    await new Promise<void>((resolve, reject) => {
      ours.send('last', (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
    expect(writes).toBe(1);
    while (!received.includes('last')) await once(client, 'message');
    expect(received).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'last']);
  });

  it('writes the frames of one turn at once', async () => {
    const received: string[] = [];
    client.on('message', (data: Buffer) => received.push(data.toString()));
    const { _sender: sender } = ours as unknown as {
      _sender: { sendFrame: (frame: Buffer[], done: () => void) => void };
    };
    const frame = [Buffer.from([0x81, 1]), Buffer.from('f')];
    for (let n = 0; n < 9; n++) sender.sendFrame(frame, () => undefined);
    await new Promise<void>((resolve) => {
      sender.sendFrame(frame, resolve);
    });
    expect(writes).toBe(1);
    while (received.length < 10) await once(client, 'message');
    expect(received.join('')).toBe('ffffffffff');
  });

  it('waits no longer than two seconds for a client that does not answer a goodbye', async () => {
    client.pause();
    const start = performance.now();
    ours.close();
    await once(ours, 'close');
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it('writes what a later turn sends', async () => {
    ours.send('first');
    await once(client, 'message');
    ours.send('second');
    const [data] = (await once(client, 'message')) as [Buffer];
    expect(String(data)).toBe('second');
    expect(writes).toBe(2);
  });
});
