import { Child } from './child.js';

function node(script: string): Promise<Child> {
  return Child.start(process.execPath, ['-e', script]);
}

describe('Child', () => {
  it('gives exit code and output', async () => {
    const child = await node(`console.log('out'); console.error('err'); process.exitCode = 3`);
    expect(await child.exited).toBe(3);
    expect(child.output()).toMatch(/out\n/);
    expect(child.output()).toMatch(/err\n/);
  });

  it('waits for a line, and rejects with the output when the process ends before', async () => {
    const child = await node(`console.log('ready at 7')`);
    expect((await child.waitForOutput(/ready at (\d)/))[1]).toBe('7');
    await expect(child.waitForOutput(/never/)).rejects.toThrow(/Ended with 0 before never[^]*ready at 7/);
  });

  it('tells a signal by its number, and kills what does not listen', async () => {
    const child = await node(
      `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('deaf')`,
    );
    await child.waitForOutput(/deaf/);
    expect(await child.stop('SIGTERM', 50)).toBe(137);
    expect(await child.stop()).toBe(137);
  });

  it('rejects when a command cannot be executed or fails', async () => {
    await expect(Child.start('/does/not/exist', [])).rejects.toThrow('ENOENT');
    await expect(Child.run(process.execPath, ['-e', 'process.exit(2)'])).rejects.toThrow('ended with 2');
  });
});
