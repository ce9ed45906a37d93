/** A promise that was broken; `harm` is the column of the table that it counts in. */
export interface Violation {
  /** `bounds`: of memory and disk. */
  promise: `P${number}` | 'bounds';
  harm: 'lost' | 'twice' | 'missed' | 'other';
  /** A sentence that names the task. */
  what: string;
}
