import type { Result } from '../turns.js';
import { shown, spreadOf } from './spread.js';

/** A table in Markdown of medians, each with the least and the most. */
export function toTable(results: readonly Result[]): string {
  const columns = Object.keys(results[0]?.figures ?? {});
  const rows = results.map(({ contender, figures }) => [
    contender,
    ...columns.map((column) => toCell(figures[column] ?? [])),
  ]);
  const lines = [['', ...columns], ['---', ...columns.map(() => '---')], ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

function toCell(values: readonly number[]): string {
  const { median, least, most } = spreadOf(values);
  return least === most ? shown(median) : `${shown(median)} (${shown(least)}–${shown(most)})`;
}
