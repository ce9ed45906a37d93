import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Target } from '../contender.js';

const PAYLOAD = JSON.stringify({ payload: { fileUrl: '/data/a.shp', note: 'x'.repeat(400) } });

/**
 * A kept-alive connection that submits the same task again and again. It understands no more of HTTP than that needs: the
 * generator runs on the processors of what it measures, and Node's own client would take three times as much of them.
 */
export class HttpConnection {
  private text = '';
  private answered: ((text: string) => void) | null = null;

  private constructor(
    private readonly socket: Socket,
    private readonly request: string,
  ) {
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (chunk) => {
      this.read(String(chunk));
    });
    // An answer that cannot come any more would leave tasks uncounted.
    socket.on('error', fail).on('end', () => {
      fail(new Error('the server closed a connection'));
    });
  }

  static async open({ url, submitPath }: Target, body = PAYLOAD): Promise<HttpConnection> {
    const { hostname, port, host } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    const request =
      `POST ${submitPath} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    return new HttpConnection(socket, request);
  }

  /** Submits the task; tells its id once it was accepted. One at a time. */
  async submit(): Promise<string> {
    const text = await new Promise<string>((resolve) => {
      this.answered = resolve;
      this.socket.write(this.request);
    });
    const id = /"id":"([^"]+)"/.exec(text)?.[1];
    if (!text.startsWith('HTTP/1.1 202') || !id) throw new Error(`not accepted: ${text}`);
    return id;
  }

  close(): void {
    this.socket.removeAllListeners('end').destroy();
  }

  private read(chunk: string): void {
    this.text += chunk;
    if (!isWhole(this.text)) return;
    const { text, answered } = this;
    this.text = '';
    this.answered = null;
    answered?.(text);
  }
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
  return length === undefined ? text.endsWith('\r\n0\r\n\r\n') : text.length >= end + 4 + Number(length);
}

function fail(error: Error): never {
  throw error;
}
