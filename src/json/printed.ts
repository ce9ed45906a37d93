/**
 * A parsed value as JSON, to be shown to people. `JSON.parse` reads what is nested deeper than any stack, and
 * `JSON.stringify` cannot write it again: then words that say so.
 */
export function printed(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return '(nested too deeply to be shown)';
    throw error;
  }
}
