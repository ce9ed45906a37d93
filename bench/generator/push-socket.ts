import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Target } from '../contender.js';

/**
 * Listens to the ends of all tasks. Of Socket.IO it speaks what that takes (connect, `subscribe {mine: true}`, pong), for the
 * same reason as `HttpConnection`.
 */
export async function openPushSocket(
  { push: { url, protocol } }: Target,
  onEnd: (taskId: string) => void,
): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const isReady = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      const text = (data as Buffer).toString('latin1');
      if (text.includes('"type":"succeeded"')) onEnd(/"taskId":"([^"]+)"/.exec(text)?.[1] ?? '');
      else if (protocol === 'socket.io' && answer(socket, text)) resolve();
    });
  });
  await once(socket, 'open');
  if (protocol === 'socket.io') await isReady;
  return socket;
}

/** Answers to Socket.IO's own messages; whether it is subscribed now. */
function answer(socket: WebSocket, text: string): boolean {
  if (text.startsWith('0')) socket.send('40');
  else if (text.startsWith('40')) socket.send('420["subscribe",{"mine":true}]');
  else if (text === '2') socket.send('3');
  return text.startsWith('430');
}
