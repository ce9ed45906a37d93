import type { Dump } from '../history/dump.js';
import type { History } from '../history/history.js';
import type { People } from '../mix/people.js';
import type { Doors } from './doors.js';
import type { Member } from './member.js';

/** What can be found out behind the backs of the processes. */
export interface Inspector {
  /** The tasks that have not ended, of these or of all, and what their dispatches wait for. */
  open(ids?: readonly string[]): Promise<{ type: string; state: string }[]>;
  /** What the database says in the end. */
  dump(): Promise<Dump>;
  /** What the tables take on the disk. */
  tableBytes(): Promise<number>;
}

/** What every trial has, wherever its database is. */
export interface Scene {
  /** What no fault may make one of its processes take, in MB. */
  memoryMb: number;
  webs: Member[];
  workers: Member[];
  /** The task types that the mix submits, and those of them that may have ordering keys. */
  taskTypes: { all: readonly string[]; keyed: readonly string[] };
  doors: Doors;
  people: People;
  history: History;
  inspector: Inspector;
  /** Writes a record that nobody can process; rejects where there are no topics. */
  poison(key: string | null, value: Buffer): Promise<void>;
  /** What those of its processes said that have ended by a fault of their own. */
  crashed(): Promise<string[]>;
  close(): Promise<void>;
}
