import type { Socket } from 'socket.io';
import * as ws from 'ws';
import { eventText, type RecordedEvent } from '../events/event.js';
import { taskText, type TaskView } from '../tasks/task-response.js';
import { withExactness } from './exact-numbers.js';
import { JsonText } from './json-text.js';
import { oncePerEvent } from './once-per-event.js';
import type { Acknowledgement } from './socket-events.js';

/** What ws makes frames with; its types leave it out. */
const { Sender } = ws as unknown as {
  Sender: { frame: (message: Buffer, options: Record<string, unknown>) => Buffer[] };
};

/** A text in one piece; servers do not mask: https://datatracker.ietf.org/doc/html/rfc6455#section-5.2 */
const TEXT_FRAME = { opcode: 1, fin: true, rsv1: false, mask: false, readOnly: true };

/** An event for Socket.IO's connections: the text for polling, the frame for WebSockets. */
interface EventPacket {
  text: string;
  options: { compress: true; wsPreEncodedFrame: Buffer[] };
}

/** Put together, not printed, so that numbers stay digit for digit: https://socket.io/docs/v4/socket-io-protocol/ */
const eventPacket = oncePerEvent((event): EventPacket => {
  const text = `2["task",${withExactness(eventText(event))}]`;
  const message = Buffer.from(`4${text}`);
  return { text, options: { compress: true, wsPreEncodedFrame: Sender.frame(message, TEXT_FRAME) } };
});

/**
 * Emits `task` with a TaskEventMessage. All sockets that are given the same event share its bytes, as in a broadcast of Socket.IO's:
 * what any number of them leaves unread is held once.
 */
export function emitEvent({ conn }: Pick<Socket, 'conn'>, event: RecordedEvent): void {
  const { text, options } = eventPacket(event);
  conn.write(text, options);
}

/** The answer to who follows this task from now on. */
export function taskAcknowledgement(task: TaskView): JsonText<Acknowledgement> {
  return new JsonText(`{"ok":true,"task":${withExactness(taskText(task))}}`);
}
