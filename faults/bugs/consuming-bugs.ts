import type { Bug } from './bug.js';

/** Mistakes on the way of a record from a topic into the database. */
export const CONSUMING_BUGS: Bug[] = [
  {
    name: 'offset-before-effect',
    about: 'a batch is acknowledged before its effect is durable',
    file: 'consuming/record-pipeline.ts',
    find: 'await rounds.add(batch);',
    replace: 'void rounds.add(batch).catch(() => undefined);',
    fault: 'postgres-terminate',
  },
  {
    name: 'unreadable-dropped',
    about: 'a record that cannot be decoded is passed over',
    file: 'consuming/record-pipeline.ts',
    find: 'effects.set(record, { letter: reader.letter(record, error) });',
    replace: 'effects.set(record, { ignored: String(error) });',
    fault: 'none',
  },
  {
    name: 'infrastructure-blamed-on-records',
    about: 'a lost connection counts as the fault of the record that met it',
    file: 'database/fault.ts',
    find: "? 'record' : 'infrastructure';",
    replace: "? 'record' : 'record';",
    fault: 'postgres-terminate',
  },
  {
    name: 'letter-as-text',
    about: 'a dead letter keeps its value as text, not as bytes',
    file: 'dlq/letter.ts',
    find: '    key,\n    value,\n    headers,\n    error: causeOf(error),',
    replace:
      '    key,\n    value: value && Buffer.from(value.toString()),\n    headers,\n    error: causeOf(error),',
    fault: 'none',
  },
];
