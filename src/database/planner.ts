/**
 * What keeps a plan good while its table grows. Connections keep the plans of their statements; one that was made while the
 * table of open tasks was nearly empty reads the whole of it when a backlog is there: marking 30 tasks as sent cost
 * 12 ms at 85,000 open ones, and 1.7 ms with these. All our statements begin at keys, so an index is right at any size;
 * where there is none, PostgreSQL scans and hashes as ever.
 */
const PLANNER = { enable_seqscan: 'off', enable_hashjoin: 'off', enable_mergejoin: 'off' };

/** The same as a statement, for a session that is opened without options. */
export const SET_PLANNER = Object.entries(PLANNER)
  .map(([name, value]) => `SET ${name} = ${value};`)
  .join(' ');

/** Adds them to the options that the URL of a database may carry. */
export function withPlanner(url: string): string {
  // Not by `URL`, which refuses what is common here: `postgres://user@/database?host=/run`.
  const [address = '', query = ''] = url.split('?', 2);
  const parameters = new URLSearchParams(query);
  const ours = Object.entries(PLANNER).map(([name, value]) => `-c ${name}=${value}`);
  // Its own come last, and win.
  const options = [...ours, parameters.get('options') ?? ''].join(' ').trim();
  parameters.delete('options');
  const others = [...parameters].map(([name, value]) => `${name}=${encodeURIComponent(value)}&`);
  return `${address}?${others.join('')}options=${encodeURIComponent(options)}`;
}
