import { JsonLogger } from './logger.js';

function capture(level: ConstructorParameters<typeof JsonLogger>[0] = 'info') {
  const lines: Record<string, unknown>[] = [];
  const write = (text: string) => void lines.push(JSON.parse(text) as Record<string, unknown>);
  return { logger: new JsonLogger(level, { write }), lines };
}

describe('JsonLogger', () => {
  it('writes one JSON object a line, with the level as a word and the time in UTC', () => {
    const { logger, lines } = capture();
    logger.log('It runs', 'Relay');
    expect(lines).toEqual([
      { level: 'info', time: expect.any(String) as unknown, logger: 'Relay', message: 'It runs' },
    ]);
    expect(lines[0]?.['time']).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  it('puts fields beside the message', () => {
    const { logger, lines } = capture();
    logger.warn({ message: 'It waits', taskId: '0193' }, 'Relay');
    expect(lines[0]).toMatchObject({ level: 'warn', message: 'It waits', taskId: '0193', logger: 'Relay' });
  });

  it('tells of an error its type, message, stack, code and causes, and nothing else that the error holds', () => {
    const { logger, lines } = capture();
    const cause = Object.assign(new TypeError('deep'), { code: '22P02', parameters: ['hush'] });
    logger.error({ message: 'It failed', err: new Error('outer', { cause }) }, undefined, 'Relay');
    expect(lines[0]).toMatchObject({
      message: 'It failed',
      err: { type: 'Error', message: 'outer', cause: { type: 'TypeError', message: 'deep', code: '22P02' } },
    });
    expect(JSON.stringify(lines)).not.toContain('hush');
  });

  it('takes an error or an error and its stack as Nest gives them', () => {
    const { logger, lines } = capture();
    logger.error(new Error('alone'), 'Relay');
    logger.error('text', 'Error: text\n  at somewhere', 'Relay');
    expect(lines[0]).toMatchObject({ message: 'alone', err: { type: 'Error' }, logger: 'Relay' });
    expect(lines[1]).toMatchObject({
      message: 'text',
      stack: 'Error: text\n  at somewhere',
      logger: 'Relay',
    });
  });

  it('leaves out what is less grave than its level, and what Nest wired', () => {
    const { logger, lines } = capture('info');
    logger.debug('no');
    logger.verbose('no');
    logger.log('Mapped {/v1/tasks, POST} route', 'RouterExplorer');
    expect(lines).toEqual([]);
  });
});
