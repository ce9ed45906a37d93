import type { Violation } from '../check/violation.js';
import type { Scene } from '../stage/scene.js';

/** What a process may say about a fault, in characters: less than is kept of it. */
const OUTPUT = 900_000;

/** What the tables of a trial may take on the disk, in bytes: some hundreds of tasks, and what vacuum has not taken yet. */
const TABLES = 64 * 1024 * 1024;

/** Which bounds of memory and disk a fault broke. */
export async function boundless(scene: Scene, peakMb: number): Promise<Violation[]> {
  const found: string[] = [];
  const { memoryMb } = scene;
  if (peakMb > memoryMb) found.push(`a process had ${peakMb} MB resident, over ${memoryMb}`);
  for (const member of [...scene.webs, ...scene.workers])
    if (member.output().length > OUTPUT) found.push(`a ${member.role} said more than ${OUTPUT} characters`);
  const bytes = await scene.inspector.tableBytes();
  if (bytes > TABLES) found.push(`the tables take ${bytes} bytes, over ${TABLES}`);
  return found.map((what): Violation => ({ promise: 'bounds', harm: 'other', what }));
}
