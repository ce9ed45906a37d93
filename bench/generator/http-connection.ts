import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Target } from '../contender.js';

const TASK = JSON.stringify({ payload: { fileUrl: '/data/a.shp', note: 'x'.repeat(400) } });

/**
 * A kept-alive connection that posts one request after the other. It understands no more of HTTP than that needs: the generator
 * runs on the processors of what it measures, and Node's own client would take three times as much of them.
 */
export class HttpConnection {
  private text = '';
  private answered: ((text: string) => void) | null = null;
  private readonly submission: string;
  private readonly batches: Record<number, string> = {};

  private constructor(
    private readonly socket: Socket,
    private readonly submitPath: string,
  ) {
    this.submission = toRequest(submitPath, TASK);
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (chunk) => {
      this.read(String(chunk));
    });
    // An answer that cannot come any more would leave tasks uncounted.
    socket.on('error', fail).on('end', () => {
      fail(new Error('the server closed a connection'));
    });
  }

  static async open(target: Target): Promise<HttpConnection> {
    const { hostname, port } = new URL(target.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new HttpConnection(socket, target.submitPath);
  }

  /** Submits the task, which is always the same; tells its id once it was accepted. */
  async submit(): Promise<string> {
    const text = await this.send(this.submission);
    const id = /"id":"([^"]+)"/.exec(text)?.[1];
    if (!text.startsWith('HTTP/1.1 202') || !id) throw new Error(`not accepted: ${text}`);
    return id;
  }

  /** Submits so many at once, as Taskwire takes them; tells how many were accepted. */
  async submitBatch(size: number): Promise<number> {
    const request = (this.batches[size] ??= toRequest(
      `${this.submitPath}/batch`,
      `{"tasks":[${Array<string>(size).fill(TASK).join(',')}]}`,
    ));
    const text = await this.send(request);
    if (!text.startsWith('HTTP/1.1 202')) throw new Error(`not accepted: ${text}`);
    return text.split('"task":{').length - 1;
  }

  /** Posts something else. */
  async post(path: string, body: string): Promise<void> {
    const text = await this.send(toRequest(path, body));
    if (!text.startsWith('HTTP/1.1 20')) throw new Error(`not taken: ${text}`);
  }

  close(): void {
    this.socket.removeAllListeners('end').destroy();
  }

  /** One at a time. */
  private send(request: string): Promise<string> {
    return new Promise((resolve) => {
      this.answered = resolve;
      this.socket.write(request);
    });
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

function toRequest(path: string, body: string): string {
  return (
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n` +
    `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
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
