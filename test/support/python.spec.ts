import { Child } from './child.js';
import { pythonInterpreter } from './python.js';

describe('pythonInterpreter', () => {
  it('knows kafka-python', async () => {
    const python = await pythonInterpreter();
    expect(await Child.run(python, ['-c', 'import kafka; print(kafka.__version__)'])).toMatch(/^3\./);
  });
});
