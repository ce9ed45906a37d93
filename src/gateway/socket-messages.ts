import { eventText } from '../events/event.js';
import { taskText, type TaskView } from '../tasks/task-response.js';
import { withExactness } from './exact-numbers.js';
import { JsonText } from './json-text.js';
import { oncePerEvent } from './once-per-event.js';
import type { Acknowledgement, TaskEventMessage } from './socket-events.js';

/** The event for a socket. */
export const eventMessage = oncePerEvent(
  (event) => new JsonText<TaskEventMessage>(withExactness(eventText(event))),
);

/** The answer to who follows this task from now on. */
export function taskAcknowledgement(task: TaskView): JsonText<Acknowledgement> {
  return new JsonText(`{"ok":true,"task":${withExactness(taskText(task))}}`);
}
