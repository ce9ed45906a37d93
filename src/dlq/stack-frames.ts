/** How many frames tell a cause: enough to know the place, too few to know all that leads there. */
const FRAMES = 3;

/** How much of a stack is looked at, in characters. */
const LOOKED_AT = 16 * 1024;

/** `at shop.Price.each(Price.java:12)`, also with a module before it. */
const JAVA = /^\s*at (?:[^\s/(]{0,200}\/){0,2}([^\s/(]{1,500})\([^()]{0,500}\)$/;
/** `at each (file:///app/price.js:12:3)` or without a function. */
const JAVASCRIPT = /^\s*at (?:(.{1,300}) \()?(.{1,500}?)(?::\d+)?:\d+\)?$/;
/** `File "/app/price.py", line 12, in each` */
const PYTHON = /^\s*File "([^"]{1,500})", line \d+(?:, in (.{1,300}))?$/;

const OF_THE_RUNTIME = /^(?:java|javax|jdk|sun)\.|^node:|^<anonymous>|^native/;

/** What a compiler or a proxy numbers anew each time. */
const NUMBERED = /\$\$[\w$/]+|0x[0-9a-f]+|\d+/gi;

/**
 * The innermost frames of a Java, JavaScript or Python stack, the innermost first, each its file or class and function,
 * without line numbers and folders; frames of the language's own runtime only if there are no others. Empty if there
 * are none that can be read.
 */
export function stackFrames(stack: string): string[] {
  const frames = framesOf(stack);
  const own = frames.filter((frame) => !OF_THE_RUNTIME.test(frame));
  return (own.length > 0 ? own : frames).slice(0, FRAMES).map((frame) => frame.replace(NUMBERED, '#'));
}

function framesOf(stack: string): string[] {
  const python = linesOf(stack.slice(-LOOKED_AT)).flatMap(pythonFrame);
  if (python.length > 0) return python.reverse();
  const root = Math.max(stack.lastIndexOf('\nCaused by: '), 0);
  return linesOf(stack.slice(root, root + LOOKED_AT)).flatMap((line) => {
    const java = JAVA.exec(line)?.[1];
    return java === undefined ? javaScriptFrame(line) : [java];
  });
}

function linesOf(stack: string): string[] {
  return stack.split(/\r?\n/);
}

function pythonFrame(line: string): string[] {
  const [, file, name = ''] = PYTHON.exec(line) ?? [];
  return file === undefined ? [] : [`${fileName(file)}:${name}`];
}

function javaScriptFrame(line: string): string[] {
  const [, name = '', file] = JAVASCRIPT.exec(line) ?? [];
  return file === undefined ? [] : [`${fileName(file)}:${name}`];
}

/** A file without its folders; what is Node's own keeps its mark. */
function fileName(path: string): string {
  return path.startsWith('node:') ? path : (path.split(/[\\/]/).at(-1) ?? path);
}
