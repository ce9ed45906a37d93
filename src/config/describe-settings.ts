import { SETTINGS, type Setting } from './settings.js';

const ALL: [string, Setting<unknown>][] = Object.entries(SETTINGS);

/** What `-h` prints. */
export function helpText(): string {
  const lines = ALL.flatMap(([name, setting]) => [
    '',
    `  ${name}: ${setting.about}`,
    `      ${setting.parser.accepts}; default: ${setting.otherwise}`,
  ]);
  return [
    'Taskwire: tasks over REST, through Kafka, to compute workers, and back to the browser.',
    '',
    'Usage: node dist/main.js [-h]',
    '',
    'It is configured by environment variables; an empty one counts as unset:',
    ...lines,
    '',
  ].join('\n');
}

/** The text of docs/configuration.md, as Prettier would lay it out. */
export function configurationDocument(): string {
  const rows = ALL.map(([name, setting]) => [
    `\`${name}\``,
    setting.about,
    setting.parser.accepts,
    setting.otherwise,
    setting.usedBy,
  ]);
  return [
    '# Configuration',
    '',
    'Taskwire is configured by environment variables. An empty one counts as unset, unknown ones are ignored, and a wrong',
    'one ends the start with one line that names it, exit code 1. `node dist/main.js -h` prints this list, too.',
    '',
    ...table(['variable', 'what it is', 'accepts', 'default', 'used by'], rows),
    '',
    'Made from `src/config/settings.ts` by `npm run docs:configuration`; a test compares.',
    '',
  ].join('\n');
}

function table(head: string[], rows: string[][]): string[] {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (cells: string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}
