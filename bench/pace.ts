import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** What is submitted at which pace, in tasks a second, by the owners of the tokens in turn. */
export interface Pace {
  url: string;
  tokens: readonly string[];
  task: string;
  perSecond: number;
}

/**
 * Submits at a steady pace, whatever the answers do; tells how long each took, in milliseconds, from when it was due. All have to
 * be accepted.
 */
export async function submitAtPace(pace: Pace, seconds: number): Promise<number[]> {
  const agent = new http.Agent({ keepAlive: true });
  const start = performance.now();
  const answers: Promise<number>[] = [];
  for (let index = 0; index < pace.perSecond * seconds; index++) {
    const due = start + (index * 1_000) / pace.perSecond;
    await sleep(Math.max(0, due - performance.now()));
    const answer = submit(pace, pace.tokens[index % pace.tokens.length] ?? '', agent).then(
      (end) => end - due,
    );
    // It is awaited later.
    answer.catch(() => undefined);
    answers.push(answer);
  }
  const latencies = await Promise.all(answers);
  agent.destroy();
  return latencies;
}

/** When the answer was there. */
function submit({ url, task }: Pace, token: string, agent: http.Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(task),
      authorization: `Bearer ${token}`,
    };
    const request = http.request(`${url}/v1/tasks`, { method: 'POST', agent, headers }, (response) => {
      response.resume().on('end', () => {
        if (response.statusCode === 202) resolve(performance.now());
        else reject(new Error(`a submission was answered ${response.statusCode ?? 0}`));
      });
    });
    request.on('error', reject).end(task);
  });
}
