/**
 * Text from outside as PostgreSQL's `text` can hold it: U+0000, which it refuses, becomes U+FFFD. Nothing has to be
 * done about lone surrogates: they become U+FFFD by themselves when the text is encoded as UTF-8 on its way.
 */
export function storableText(text: string): string {
  return text.replaceAll('\0', '\ufffd');
}
