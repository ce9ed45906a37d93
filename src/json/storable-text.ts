/** Text that PostgreSQL's `text` can hold: without U+0000 and halves of surrogate pairs. */
export const STORABLE = /^(?:[^\0\ud800-\udfff]|[\ud800-\udbff][\udc00-\udfff])*$/;

/** What is said of a field that is not, as an option of `Matches`. */
export const UNSTORABLE = { message: '$property must not contain U+0000 or lone surrogates' };

/**
 * Text from outside as PostgreSQL's `text` can hold it: what it refuses, U+0000 and halves of surrogate pairs, becomes
 * U+FFFD.
 */
export function storableText(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed();
}
