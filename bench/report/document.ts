import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import type { Result } from '../turns.js';
import { toPlot } from './plot.js';
import { toTable } from './table.js';

const DOCUMENT = fileURLToPath(new URL('../../docs/performance.md', import.meta.url));

/** A run of a scenario, as it is kept beside the document. */
export interface Run {
  scenario: string;
  title: string;
  plotted: string;
  /** RFC 3339. */
  at: string;
  repeats: number;
  settings: Record<string, string>;
  /** Of the machine over one, five and fifteen minutes, before and after. */
  loadAverage: { before: number[]; after: number[] };
  results: Result[];
}

/** Keeps the figures and the plot, and puts table and plot into the document, between the marks of the scenario. */
export async function save(run: Run): Promise<void> {
  const folder = fileURLToPath(new URL('../../docs/performance/', import.meta.url));
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}${run.scenario}.json`, `${JSON.stringify(run, null, 2)}\n`);
  await writeFile(`${folder}${run.scenario}.svg`, toPlot(run.title, run.results, run.plotted));
  const document = await readFile(DOCUMENT, 'utf8');
  const marks = new RegExp(`(<!-- bench ${run.scenario} -->)[^]*?(<!-- end -->)`);
  if (!marks.test(document)) throw new Error(`docs/performance.md has no place for ${run.scenario}`);
  const text = document.replace(
    marks,
    (_, start: string, end: string) => `${start}\n\n${section(run)}\n${end}`,
  );
  const style = await resolveConfig(DOCUMENT);
  await writeFile(DOCUMENT, await format(text, { ...style, parser: 'markdown' }));
}

/** What the document says of a run. */
export function section({ scenario, title, at, repeats, loadAverage, results }: Run): string {
  const { before, after } = loadAverage;
  const load = [before, after].map(([one = NaN]) => one.toFixed(1)).join(' before, ');
  return `${title}:

${toTable(results)}
![${title}](performance/${scenario}.svg)

\`npm run bench -- ${scenario} --of '${results.map(({ contender }) => contender).join(',')}' --save\`, ${at.slice(0, 10)}; median of ${repeats} turns (least–most); load average ${load} after.
`;
}
