import type { TaskJson } from './client.js';

/** An answer with everything that a test may look at. */
export interface Answer<T> {
  status: number;
  headers: Headers;
  text: string;
  json: T;
}

/** A problem document. */
export interface ProblemJson {
  code: string;
  detail: string;
  instance?: string;
  errors?: { path: string; message: string }[];
}

/** All of a task, as REST shows it. */
export interface WholeTaskJson extends TaskJson {
  type: string;
  owner: string;
  maxAttempts: number;
  orderingKey: string | null;
  correlationId: string | null;
  updatedAt: string;
  runAt: string | null;
  expiresAt: string;
  startedAt: string | null;
  finishedAt: string | null;
}

/** Says exactly what it is told to a Taskwire, and gives the whole answer, whatever it is. */
export class Rest {
  /** @param token goes with every request, as `Authorization: Bearer` */
  constructor(
    private readonly url: string,
    private readonly token?: string,
  ) {}

  /** The same address with other credentials. */
  as(token: string): Rest {
    return new Rest(this.url, token);
  }

  async get<T = WholeTaskJson>(path: string): Promise<Answer<T>> {
    return answerOf(await fetch(`${this.url}${path}`, { headers: this.credentials() }));
  }

  /** @param body text goes out as it is */
  async post<T = WholeTaskJson>(
    path: string,
    body: string | object = '{}',
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    return answerOf(
      await fetch(`${this.url}${path}`, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...this.credentials(), ...headers },
      }),
    );
  }

  /** What goes with every request. */
  credentials(): Record<string, string> {
    return this.token === undefined ? {} : { authorization: `Bearer ${this.token}` };
  }

  /** Submits a task that has to be accepted. */
  async submit(body: string | object = { payload: {} }): Promise<WholeTaskJson> {
    const { status, text, json } = await this.post('/v1/tasks', body);
    if (status !== 202) throw new Error(`${status} ${text}`);
    return json;
  }

  async task(id: string): Promise<WholeTaskJson> {
    return (await this.get(`/v1/tasks/${id}`)).json;
  }

  /** A task's events, in order. */
  async events(id: string): Promise<{ type: string; seq: number; status: string; data: unknown }[]> {
    type Events = { items: { type: string; seq: number; status: string; data: unknown }[] };
    return (await this.get<Events>(`/v1/tasks/${id}/events?limit=200`)).json.items;
  }
}

async function answerOf<T>(response: Response): Promise<Answer<T>> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: JSON.parse(text) as T };
}
