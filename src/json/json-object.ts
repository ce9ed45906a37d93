/** An object as `JSON.parse` gives it. */
export type JsonObject = Record<string, unknown>;

/** Whether a value that `JSON.parse` gave is an object; an array is not. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
