import type { Dump } from '../history/dump.js';
import { ofKind, type Entry } from '../history/entries.js';
import type { Violation } from './violation.js';

/** P6: what broke is not the records' fault: of results, only those that nobody can process are dead letters, or refused. */
export function blamedRecords(history: readonly Entry[], { letters }: Dump): Violation[] {
  const poison = new Set(ofKind(history, 'poisoned').map(({ value }) => value));
  const blamed = letters.filter(({ kind, value }) => kind === 'result' && !poison.has(value ?? ''));
  const rejected = ofKind(history, 'rejected').map(({ taskId, attempt, code }): Violation => {
    const what = `a good answer to attempt ${attempt} of ${taskId} was refused: ${code}`;
    return { promise: 'P6', harm: 'other', what };
  });
  const dead = blamed.map(({ topic, value }): Violation => {
    const text = Buffer.from(value ?? '', 'base64')
      .toString()
      .slice(0, 200);
    return { promise: 'P6', harm: 'other', what: `a good record on ${topic} is a dead letter: ${text}` };
  });
  return [...dead, ...rejected];
}
