import { isJsonObject } from './json-object.js';
import { utf8Text } from './utf8-text.js';
import type { RecordHeaders } from '../transport/transport.js';

/** Bytes in JSON: their text if they are UTF-8, else base64; `null` is no bytes at all, unlike empty text. */
export type TextOrBase64 = string | null | { base64: string };

/** Headers in JSON; a header that comes twice has an array. */
export type EncodedHeaders = Record<string, TextOrBase64 | TextOrBase64[]>;

/** Writes bytes so that `decodeBytes` gives the same bytes again. */
export function encodeBytes(bytes: Buffer | null): TextOrBase64 {
  return bytes && (utf8Text(bytes) ?? { base64: bytes.toString('base64') });
}

/** The bytes that `encodeBytes` wrote. */
export function decodeBytes(encoded: TextOrBase64): Buffer | null {
  if (encoded === null) return null;
  return typeof encoded === 'string' ? Buffer.from(encoded) : Buffer.from(encoded.base64, 'base64');
}

/** Writes headers so that `decodeHeaders` gives the same ones again. */
export function encodeHeaders(headers: RecordHeaders): EncodedHeaders {
  return mapHeaders(headers, encodeBytes);
}

/** The headers that `encodeHeaders` wrote; one whose value is null gets empty bytes. */
export function decodeHeaders(encoded: EncodedHeaders): RecordHeaders {
  return mapHeaders(encoded, (value) => decodeBytes(value) ?? Buffer.alloc(0));
}

/** Whether a value that `JSON.parse` gave has the form that `decodeBytes` reads. */
export function isTextOrBase64(value: unknown): value is TextOrBase64 {
  if (typeof value === 'string' || value === null) return true;
  return isJsonObject(value) && isBase64(value.base64);
}

/** Whether a value that `JSON.parse` gave has the form that `decodeHeaders` reads. */
export function isEncodedHeaders(value: unknown): value is EncodedHeaders {
  if (!isJsonObject(value)) return false;
  return Object.values(value).every((header) =>
    Array.isArray(header) ? header.every(isTextOrBase64) : isTextOrBase64(header),
  );
}

/** Whether it is base64 to the letter; Node would read anything, and leave out what it does not know. */
function isBase64(text: unknown): boolean {
  return typeof text === 'string' && text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

/** Made by `fromEntries`, for which `__proto__` is a name like any other. */
function mapHeaders<From, To>(
  headers: Record<string, From | From[]>,
  map: (value: From) => To,
): Record<string, To | To[]> {
  const entries = Object.entries(headers);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Array.isArray(value) ? value.map(map) : map(value)]),
  );
}
