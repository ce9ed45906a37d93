import type { Violation } from '../check/violation.js';
import type { Member } from '../stage/member.js';
import type { Scene } from '../stage/scene.js';

/** What a process may say about a fault, in characters. */
const OUTPUT = 900_000;

/** What the tables of a trial may take on the disk, in bytes: some hundreds of tasks, and what vacuum has not taken yet. */
const TABLES = 64 * 1024 * 1024;

/** What the processes of a scene had said before a trial, and what its tables took. */
export interface Beginning {
  said: Map<Member, number>;
  tableBytes: number;
}

/** To be called before a trial, of which there may have been others on the scene. */
export async function beginning(scene: Scene): Promise<Beginning> {
  const members = [...scene.webs, ...scene.workers];
  const said = new Map(members.map((member) => [member, member.said]));
  return { said, tableBytes: await scene.inspector.tableBytes() };
}

/** Which bounds of memory and disk a fault broke. */
export async function boundless(
  scene: Scene,
  { said, tableBytes }: Beginning,
  peakMb: number,
): Promise<Violation[]> {
  const found: string[] = [];
  const { memoryMb } = scene;
  if (peakMb > memoryMb) found.push(`a process had ${peakMb} MB resident, over ${memoryMb}`);
  for (const [member, before] of said)
    if (member.said - before > OUTPUT) found.push(`a ${member.role} said more than ${OUTPUT} characters`);
  const bytes = (await scene.inspector.tableBytes()) - tableBytes;
  if (bytes > TABLES) found.push(`the tables took ${bytes} bytes, over ${TABLES}`);
  return found.map((what): Violation => ({ promise: 'bounds', harm: 'other', what }));
}
