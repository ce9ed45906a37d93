/** What a Java stack trace says of an exception; the message is null where it has none. */
export interface JavaCause {
  type: string;
  message: string | null;
}

/** A class name at the start of a trace or behind `Caused by:`; nested causes of suppressed exceptions are indented. */
const CAUSE = /^(?:Caused by: )?((?:[\w$]+\.)+[\w$]+)(?:: (.*))?$/s;
const FRAME = /^\s+(?:at [^\s[(]+\(|\.\.\. \d+ |Suppressed: )/;

/** The root cause that a stack trace as Java prints it tells of: its last `Caused by:`, else its first line. */
export function rootCause(stack: string): JavaCause | null {
  const lines = stack.split(/\r?\n/);
  const last = lines.findLastIndex((line) => line.startsWith('Caused by: '));
  const start = Math.max(last, 0);
  const length = lines.slice(start).findIndex((line) => FRAME.test(line));
  const headline = lines.slice(start, length < 0 ? start + 1 : start + length).join('\n');
  const [, type, message] = CAUSE.exec(headline) ?? [];
  return type === undefined ? null : { type, message: message ?? null };
}
