import { readFile } from 'node:fs/promises';
import { FAULTS } from '../catalogue/catalogue.js';
import { BUGS } from './bugs.js';
import { documentWith, DOCUMENT, readResults } from './results.js';
import { seeded } from './seed-bug.js';

describe('A seeded bug', () => {
  it.each(BUGS.map((bug) => [bug.name, bug] as const))(
    '%s has its place in the source, and a fault',
    async (_, bug) => {
      await expect(seeded(bug)).resolves.toContain(bug.replace);
      expect(FAULTS.map(({ name }) => name)).toContain(bug.fault);
    },
  );

  it('was hunted, and the document says what came of it', async () => {
    const results = await readResults();
    for (const { name, fault } of BUGS)
      expect(results).toContainEqual(expect.objectContaining({ bug: name, fault }));
    await expect(documentWith(results)).resolves.toBe(await readFile(DOCUMENT, 'utf8'));
  });
});
