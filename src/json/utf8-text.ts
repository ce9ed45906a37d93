const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The text of bytes that are valid UTF-8, else `null`. Nothing is replaced or left out (a byte order mark stays), so
 * `Buffer.from(text)` gives the same bytes again.
 */
export function utf8Text(bytes: Uint8Array): string | null {
  try {
    return strict.decode(bytes);
  } catch {
    return null;
  }
}
