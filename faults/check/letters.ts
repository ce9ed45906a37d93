import type { Dump } from '../history/dump.js';
import { ofKind, type Entry } from '../history/entries.js';
import type { Violation } from './violation.js';

/** P5: every record that nobody could process is a dead letter, with its bytes. */
export function lostLetters(history: readonly Entry[], { letters }: Dump): Violation[] {
  const kept = new Set(letters.map(nameOf));
  return ofKind(history, 'poisoned').flatMap((record): Violation[] => {
    if (kept.has(nameOf(record))) return [];
    return [{ promise: 'P5', harm: 'lost', what: `no letter has the bytes of a record on ${record.topic}` }];
  });
}

function nameOf({ topic, key, value }: { topic: string; key: string | null; value: string | null }): string {
  return JSON.stringify([topic, key, value]);
}
