/** What the database says in the end. */
export interface Dump {
  tasks: TaskRow[];
  events: EventRow[];
  letters: LetterRow[];
  /** The tasks that have a standing dispatch. */
  dispatches: string[];
}

export interface TaskRow {
  id: string;
  type: string;
  owner: string;
  status: string;
  attempt: number;
  seq: number;
  payload: { nonce?: string };
  result: { nonce?: string; echo?: { nonce?: string } } | null;
}

export interface EventRow {
  taskId: string;
  seq: number;
  type: string;
  status: string;
  attempt: number;
  /** `reason` tells why there is a next attempt. */
  data: { reason?: string; error?: { message?: string } } | null;
}

/** Bytes are base64. */
export interface LetterRow {
  kind: string;
  topic: string;
  key: string | null;
  value: string | null;
}

type Query = <Row extends object>(sql: string) => Promise<Row[]>;

/** Reads the dump with four queries, one after the other, events in their order. */
export async function dumpDatabase(query: Query): Promise<Dump> {
  const tasks = await query<TaskRow>(
    'SELECT id, type, owner, status, attempt, seq, payload, result FROM tasks',
  );
  const events = await query<EventRow>(
    'SELECT task_id AS "taskId", seq, type, status, attempt, data FROM task_events ORDER BY task_id, seq',
  );
  const letters = await query<LetterRow>(
    `SELECT kind, topic, encode(key, 'base64') AS key, encode(value, 'base64') AS value FROM dead_letters`,
  );
  const dispatches = await query<{ id: string }>('SELECT task_id AS id FROM dispatches');
  return { tasks, events, letters: letters.map(onOneLine), dispatches: dispatches.map(({ id }) => id) };
}

/** PostgreSQL breaks base64 into lines. */
function onOneLine(letter: LetterRow): LetterRow {
  const { key, value } = letter;
  return { ...letter, key: key?.replaceAll('\n', '') ?? null, value: value?.replaceAll('\n', '') ?? null };
}
