import { withPlanner } from './planner.js';

describe('the URL of a database', () => {
  it('gets options for the planner, and its own win over them', () => {
    const url = withPlanner(
      'postgres://me:p%40ss@db:5433/tasks?sslmode=require&options=-c%20search_path%3Done',
    );
    const { origin, options } = partsOf(url);
    expect(origin).toBe('postgres://me:p%40ss@db:5433/tasks?sslmode=require&options=');
    expect(options).toMatch(/^-c enable_seqscan=off .* -c search_path=one$/);
  });

  it('may name a folder of sockets instead of a host', () => {
    const { origin, options } = partsOf(withPlanner('postgres://u@/d?host=/run'));
    expect(origin).toBe('postgres://u@/d?host=%2Frun&options=');
    expect(options).toMatch(/^-c enable_seqscan=off .*=off$/);
  });
});

function partsOf(url: string): { origin: string; options: string } {
  const [origin = '', options = ''] = url.split(/(?<=options=)/);
  return { origin, options: decodeURIComponent(options) };
}
