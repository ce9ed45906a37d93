import { FAULTS } from '../catalogue/catalogue.js';
import { BUGS } from './bugs.js';
import { seeded } from './seed-bug.js';

describe('A seeded bug', () => {
  it.each(BUGS.map((bug) => [bug.name, bug] as const))(
    '%s has its place in the source, and a fault',
    async (_, bug) => {
      await expect(seeded(bug)).resolves.toContain(bug.replace);
      expect(FAULTS.map(({ name }) => name)).toContain(bug.fault);
    },
  );
});
