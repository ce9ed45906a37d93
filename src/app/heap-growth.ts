import { setFlagsFromString } from 'node:v8';

/**
 * Lets the heap become twice as large as what lives in it before V8 marks all of it. V8 gives a heap that fills slowly so little
 * room that with 50 MB it marked anew about once a second under a steady load, with four threads that took the processors from
 * everybody for 60 to 130 ms. `docs/performance.md` has the figures. V8 looks at this flag after each collection, so it may be
 * set late; `--max-old-space-size` stays the limit.
 */
export function letHeapGrow(): void {
  setFlagsFromString('--heap-growing-percent=100');
}
