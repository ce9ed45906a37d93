import type { Scenario } from './scenario.js';
import type { Result } from './turns.js';

/** A table of medians, each with the least and the most. */
export function toText({ title, unit }: Scenario, results: readonly Result[]): string {
  const columns = Object.keys(results[0]?.figures ?? {});
  const rows = results.map(({ contender, figures }) =>
    [contender, ...columns.map((column) => withSpread(figures[column] ?? [], unit))].join(' | '),
  );
  const lines = [['', ...columns].join(' | '), ['', ...columns].map(() => '---').join(' | '), ...rows];
  return `${title}\n\n${lines.map((line) => `| ${line} |`).join('\n')}\n`;
}

function withSpread(values: readonly number[], unit: string): string {
  const sorted = [...values].sort((a, b) => a - b);
  const [least, middle, most] = [0, Math.floor(sorted.length / 2), sorted.length - 1].map((index) =>
    shown(sorted[index] ?? NaN),
  );
  return `${middle ?? ''}${unit} (${least ?? ''}–${most ?? ''})`;
}

/** Three digits, or all before the point. */
function shown(value: number): string {
  return value.toLocaleString('en-US', {
    maximumSignificantDigits: value < 100 ? 3 : Math.ceil(Math.log10(value)),
  });
}
