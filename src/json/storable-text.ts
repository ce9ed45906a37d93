/**
 * Text from outside as PostgreSQL's `text` can hold it: what it refuses, U+0000 and halves of surrogate pairs, becomes
 * U+FFFD.
 */
export function storableText(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed();
}
