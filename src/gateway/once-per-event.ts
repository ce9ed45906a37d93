import type { RecordedEvent } from '../events/event.js';

/** The same function, but worked out only once for each event, however many followers it has. */
export function oncePerEvent<T extends object>(
  render: (event: RecordedEvent) => T,
): (event: RecordedEvent) => T {
  const rendered = new WeakMap<RecordedEvent, T>();
  return (event) => {
    const known = rendered.get(event) ?? render(event);
    rendered.set(event, known);
    return known;
  };
}
