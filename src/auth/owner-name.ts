/** The longest owner, in characters: it has to fit an index of PostgreSQL. */
const MAX_LENGTH = 512;

/** Whether a value can be an owner: text that PostgreSQL can hold, not empty, not too long, and not `*`, which is all. */
export function isOwnerName(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= MAX_LENGTH &&
    value !== '*' &&
    !value.includes('\0') &&
    value.isWellFormed()
  );
}
