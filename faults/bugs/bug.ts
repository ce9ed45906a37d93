/** A mistake that somebody could make in Taskwire: one place of the source, written otherwise. */
export interface Bug {
  name: string;
  /** What the mistake is, in words. */
  about: string;
  /** Below `src/`. */
  file: string;
  /** Occurs exactly once in the file. */
  find: string;
  replace: string;
  /** The fault under which it has to show; `none` where the mix is enough. */
  fault: string;
}
