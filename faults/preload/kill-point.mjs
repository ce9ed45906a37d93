// Kills the process that loads it (`node --import`) at a named point of Taskwire, when that is passed for the nth time:
// KILL_POINT and KILL_AFTER. Nothing of Taskwire knows of it.
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** Which method is about to be called at a point: its file below `dist/`, its class, its name. */
const POINTS = {
  'before-publish': ['dispatch/dispatch-sender.js', 'DispatchSender', 'publish'],
  'before-sent': ['dispatch/dispatch-sender.js', 'DispatchSender', 'markSent'],
  'before-hint': ['events/event-bus.js', 'EventBus', 'announce'],
  'before-offset': ['transport/drivers/kafka/group-member.js', 'GroupMember', 'acknowledge'],
  'before-redrive-mark': ['dlq/redrive/redrive-sender.js', 'RedriveSender', 'mark'],
};

const { KILL_POINT = '', KILL_AFTER = '1' } = process.env;
const [file, className, method] = POINTS[KILL_POINT] ?? [];
if (file === undefined) throw new Error(`There is no point ${KILL_POINT}`);
const { [className]: owner } = await import(pathToFileURL(path.resolve('dist', file)).href);
const original = owner.prototype[method];
if (typeof original !== 'function') throw new Error(`${className} has no ${method}`);

let left = Number(KILL_AFTER);
owner.prototype[method] = function (...parameters) {
  left -= 1;
  if (left <= 0) process.kill(process.pid, 'SIGKILL');
  return original.apply(this, parameters);
};
