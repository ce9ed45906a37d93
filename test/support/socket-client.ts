import { once } from 'node:events';
import { io, type Socket } from 'socket.io-client';
import type { WebSocket } from 'ws';
import type { TaskEventMessage } from '../../src/gateway/socket-events.js';

/** What the server answered to a message. */
export type Answer =
  { ok: true; task?: Record<string, unknown> } | { ok: false; error: { code: string; message: string } };

/** A Socket.IO client that writes down, in order, all that it is told. */
export class SocketClient {
  readonly socket: Socket;
  /** Answers and events in the order of their arrival. */
  readonly log: (Answer | TaskEventMessage)[] = [];

  private constructor(url: string, transports: string[], token?: string) {
    const auth = token === undefined ? {} : { token };
    this.socket = io(url, { auth, transports, reconnectionDelay: 50, forceNew: true });
    this.socket.on('task', (event: TaskEventMessage) => this.log.push(event));
  }

  /** Connects to the application that listens at `url`. */
  static async connect(url: string, transports = ['websocket'], token?: string): Promise<SocketClient> {
    const client = new SocketClient(url, transports, token);
    await once(client.socket as never, 'connect');
    return client;
  }

  /** Connects in vain; resolves with what it was told. */
  static async refused(url: string, token?: string): Promise<{ code: string; message: string }> {
    const client = new SocketClient(url, ['websocket'], token);
    const [error] = (await once(client.socket as never, 'connect_error')) as [
      { data: { code: string; message: string } },
    ];
    client.close();
    return error.data;
  }

  /** Connects, or resolves with what it was told instead. */
  static async attempt(url: string, token?: string): Promise<SocketClient | { code: string }> {
    const client = new SocketClient(url, ['websocket'], token);
    const refused = once(client.socket as never, 'connect_error') as Promise<[{ data: { code: string } }]>;
    const connected = once(client.socket as never, 'connect');
    const outcome = await Promise.race([connected.then(() => client), refused.then(([error]) => error.data)]);
    if (outcome !== client) client.close();
    return outcome;
  }

  get events(): TaskEventMessage[] {
    return this.log.filter((entry) => 'seq' in entry);
  }

  get seqs(): number[] {
    return this.events.map(({ seq }) => seq);
  }

  /** Emits a message, and resolves with the answer. */
  ask(message: 'subscribe' | 'unsubscribe', body?: unknown): Promise<Answer> {
    return new Promise((resolve) => {
      this.socket.emit(message, body, (answer: Answer) => {
        this.log.push(answer);
        resolve(answer);
      });
    });
  }

  /** Reads nothing more, also no goodbye. Only over `websocket`. */
  pause(): void {
    (this.socket.io.engine.transport as unknown as { ws: WebSocket }).ws.pause();
  }

  close(): void {
    this.socket.disconnect();
  }
}
