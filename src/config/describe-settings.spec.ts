import { readFileSync } from 'node:fs';
import { configurationDocument, helpText } from './describe-settings.js';
import { SETTINGS } from './settings.js';

describe('the description of the settings', () => {
  it('is committed as docs/configuration.md (if not: npm run docs:configuration)', () => {
    expect(readFileSync('docs/configuration.md', 'utf8')).toBe(configurationDocument());
  });

  it('names every variable in the help text, with its default', () => {
    for (const [name, { about, otherwise }] of Object.entries(SETTINGS)) {
      expect(helpText()).toContain(`\n  ${name}: ${about}\n`);
      expect(helpText()).toContain(`; default: ${otherwise}\n`);
    }
  });
});
