import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const DOCS = path.join(import.meta.dirname, '../../docs');

describe('docs/security.md', () => {
  const text = readFileSync(path.join(DOCS, 'security.md'), 'utf8');

  it.each([...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => target))(
    'names %s, which is there',
    (target) => {
      expect(existsSync(path.join(DOCS, target))).toBe(true);
    },
  );

  it.each(Array.from({ length: 10 }, (_, index) => `API${index + 1}`))(
    'says of %s which test shows it',
    (risk) => {
      expect(text).toMatch(new RegExp(`\\| ${risk} .*\\.spec\\.ts\\)`));
    },
  );
});
