import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Target } from '../contender.js';

/**
 * Opens a socket on which messages come. Of Socket.IO it speaks what that takes (connect, `subscribe` with `subscription`,
 * pong), for the same reason as `HttpConnection`.
 */
export async function openPushSocket(
  { push: { url, protocol } }: Target,
  subscription: object,
  onMessage: (text: string) => void,
): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const isReady = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      const text = (data as Buffer).toString('latin1');
      if (protocol === 'plain' || text.startsWith('42')) onMessage(text);
      else if (text.startsWith('0')) socket.send('40');
      else if (text.startsWith('40')) socket.send(`420${JSON.stringify(['subscribe', subscription])}`);
      else if (text === '2') socket.send('3');
      else if (text.startsWith('43')) resolve();
    });
  });
  await once(socket, 'open');
  if (protocol === 'socket.io') await isReady;
  return socket;
}
