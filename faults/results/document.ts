import { readFile, writeFile } from 'node:fs/promises';
import { cpus, release } from 'node:os';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { ROOT } from '../../test/support/cache.js';
import type { Result } from './result.js';
import { table } from './table.js';

const DOCUMENT = path.join(ROOT, 'docs', 'faults.md');
const MARKS = /(<!-- trials -->)[^]*?(<!-- end -->)/;

/** Puts the table of all results that were kept into `docs/faults.md`, between its marks. */
export async function writeDocument(
  faults: readonly { name: string; about: string }[],
  results: readonly Result[],
): Promise<void> {
  const document = await readFile(DOCUMENT, 'utf8');
  if (!MARKS.test(document)) throw new Error('docs/faults.md has no place for the table');
  const section = `${summary(results)}\n\n${table(faults, results)}`;
  const text = document.replace(MARKS, (_, start: string, end: string) => `${start}\n\n${section}\n\n${end}`);
  const style = await resolveConfig(DOCUMENT);
  await writeFile(DOCUMENT, await format(text, { ...style, parser: 'markdown' }));
}

function summary(results: readonly Result[]): string {
  const days = results.map(({ date }) => date).sort();
  const [first, last] = [days.at(0) ?? '', days.at(-1) ?? ''];
  const when = first === last ? `on ${first}` : `from ${first} to ${last}`;
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'processor'}, Linux ${release()}, Node ${process.version}`;
  return `${results.length} trials ${when}; the last one on ${machine}.`;
}
