/** A task as REST shows it. */
export interface TaskJson {
  id: string;
  status: string;
  attempt: number;
  seq: number;
  payload: unknown;
  result: unknown;
  error: { type: string; message: string; stack?: string; code?: string } | null;
  progress: number;
  message: string;
  createdAt: string;
}

/** A dead letter as REST shows it. */
export interface LetterJson {
  id: string;
  status: string;
  kind: string;
  topic: string;
  original: {
    topic: string | null;
    partition: number | null;
    offset: number | null;
    timestamp: string | null;
  };
  key: unknown;
  value: unknown;
  headers: Record<string, unknown>;
  error: { type: string; message: string; stack: string | null; code?: string };
  attempts: number | null;
  group: string | null;
  taskId: string | null;
  fingerprint: string;
  previousId: string | null;
  generation: number;
  truncated: boolean;
  receivedAt: string;
}

/** A page of a list. */
export interface PageJson<T> {
  items: T[];
  nextCursor: string | null;
}

/** A client of a Taskwire's REST interface. */
export class Client {
  constructor(private readonly url: string) {}

  /** Submits a task; `payload` may be JSON text, which goes out as it is. */
  async submit(payload: object | string = {}, fields: object = {}): Promise<TaskJson> {
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
    const rest = JSON.stringify(fields).slice(1);
    const response = await this.post('/v1/tasks', `{"payload":${text}${rest === '}' ? '' : ','}${rest}`);
    if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
    return (await response.json()) as TaskJson;
  }

  async task(id: string): Promise<TaskJson> {
    return (await this.get(`/v1/tasks/${id}`)) as TaskJson;
  }

  /** The task once it is over; as it is after 30 s if it is not. */
  async ended(id: string): Promise<TaskJson> {
    return (await this.get(`/v1/tasks/${id}?wait=30`)) as TaskJson;
  }

  /** The types of a task's events, in order. */
  async history(id: string): Promise<string[]> {
    const { items } = (await this.get(`/v1/tasks/${id}/events`)) as PageJson<{ type: string }>;
    return items.map(({ type }) => type);
  }

  /** The first page of dead letters that match. */
  async letters(query: Record<string, string> = {}): Promise<PageJson<LetterJson>> {
    const search = new URLSearchParams(query).toString();
    return (await this.get(`/v1/dead-letters?${search}`)) as PageJson<LetterJson>;
  }

  /** Sends the record of a dead letter again, with what `mend` changes of it. */
  async redrive(id: string, mend: object = {}): Promise<void> {
    const response = await this.post(`/v1/dead-letters/${id}/redrive`, mend);
    if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`);
  }

  /** The value of a counter or gauge with these labels; 0 if it was never counted. */
  async metric(name: string, labels: Record<string, string>): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const line = text
      .split('\n')
      .find(
        (candidate) =>
          candidate.startsWith(`${name}{`) &&
          Object.entries(labels).every(([label, value]) => candidate.includes(`${label}="${value}"`)),
      );
    return Number(line?.split(' ').at(-1) ?? 0);
  }

  post(path: string, body: string | object = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
  }

  async get(path: string): Promise<unknown> {
    return (await fetch(`${this.url}${path}`)).json();
  }
}
