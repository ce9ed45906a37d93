import { canonical } from '../../json/canonical.js';
import { members, objectText } from '../../json/members.js';

/** One place that was mended; `from` or `to` is missing where there was, or is, nothing. Both are JSON text. */
interface Change {
  path: string;
  from?: string;
  to?: string;
}

/** A side of a change that is longer, in characters, is left out: the letter and the task have it. */
const MAX_SIDE = 1_000;

/** Objects within objects are compared one by one so far down; what is deeper is compared as a whole. */
const MAX_DEPTH = 10;

/**
 * What differs between two JSON objects, as the JSON text of an array of `{path, from?, to?}`; members of objects are
 * compared one by one, everything else as a whole. Numbers are compared and shown digit for digit.
 */
export function changesText(from: string, to: string): string {
  return `[${memberChanges([], members(from), members(to)).map(changeText).join(',')}]`;
}

function changes(path: string[], from: string | undefined, to: string | undefined): Change[] {
  if (from !== undefined && to !== undefined) {
    if (from === to || canonical(from) === canonical(to)) return [];
    if (path.length < MAX_DEPTH && isObject(from) && isObject(to))
      return memberChanges(path, members(from), members(to));
  }
  return [{ path: path.join('.'), ...(from !== undefined && { from }), ...(to !== undefined && { to }) }];
}

function memberChanges(
  path: string[],
  from: ReadonlyMap<string, string>,
  to: ReadonlyMap<string, string>,
): Change[] {
  const names = new Set([...from.keys(), ...to.keys()]);
  return [...names].flatMap((name) => changes([...path, name], from.get(name), to.get(name)));
}

function changeText({ path, from, to }: Change): string {
  return objectText([
    ['path', JSON.stringify(path)],
    ...(from === undefined ? [] : [['from', shortened(from)] as const]),
    ...(to === undefined ? [] : [['to', shortened(to)] as const]),
  ]);
}

function shortened(text: string): string {
  return text.length > MAX_SIDE ? JSON.stringify(`(${text.length} characters)`) : text;
}

function isObject(text: string): boolean {
  return text.trimStart().startsWith('{');
}
