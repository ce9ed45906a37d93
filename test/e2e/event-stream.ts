import { request } from 'node:http';

/** One connection to the event stream of a task. */
export interface EventStream {
  /** Of the events that came. */
  ids: number[];
  /** Whether it was closed from the other end. */
  ended: boolean;
}

/** Opens a stream, which goes on growing by itself. */
export function openStream(url: string, lastEventId?: number): EventStream {
  const stream: EventStream = { ids: [], ended: false };
  const headers = lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) };
  let text = '';
  const end = (): void => {
    stream.ended = true;
  };
  request(url, { headers }, (response) => {
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      stream.ids = Array.from(text.matchAll(/^id: (\d+)$/gm), ([, id]) => Number(id));
    });
    response.on('error', end).on('close', end);
  })
    .on('error', end)
    .end();
  return stream;
}
