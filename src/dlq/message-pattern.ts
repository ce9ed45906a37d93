/** How much of a message is looked at, and how much of what comes of it counts, in characters. */
const LOOKED_AT = 4000;
const COUNTED = 1000;

const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}';
const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}';

/**
 * What differs from one failure to the next of the same cause, and what it becomes; in this order. Every repetition is
 * bounded, or of characters that what comes before cannot match, so that no message takes long.
 */
const PARTICULARS: [RegExp, string][] = [
  [/"[^"]*"|(?<!\w)'[^']*'(?!\w)|`[^`]*`|“[^”]*”|«[^»]*»/g, '<text>'],
  [/\b[a-z][a-z0-9+.-]{1,15}:\/\/[^\s"'<>()]+/gi, '<url>'],
  [/\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}/g, '<email>'],
  [/\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?/g, '<time>'],
  [new RegExp(`\\b(?:${DAY},? )?(?:\\d{1,2} ${MONTH}|${MONTH} \\d{1,2})(?:,? \\d{4})?\\b`, 'g'), '<time>'],
  [/\b\d\d?:\d\d:\d\d(?:[.,]\d{1,9})?/g, '<time>'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b/g, '<address>'],
  [/(?<![\w:])\[?(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}\]?(?::\d{1,5})?(?![\w:])/gi, '<address>'],
  [/\b[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}:\d{2,5}\b/g, '<address>'],
  [/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, '<id>'],
  [/(?<![\w/\\>])(?:[a-z]:)?(?:[\\/][\w.@%+~=-]{1,255})+[\\/]?/gi, '<path>'],
  [/(?<![\w.-])[\w.-]{1,100}(?:\/[\w.-]{1,100}){0,20}\/[\w-]{1,100}\.\w{1,8}\b/g, '<path>'],
  [/\b(?=\w*\d\w*\d)[a-z0-9]{8,}\b/gi, '<id>'],
  [/\b0x[0-9a-f]+\b|(?<!\w)-?\d+(?:[.,]\d+)*|\d+(?:[.,]\d+)*/gi, '<number>'],
  [/(<\w+>)(?:,? ?\1)+/g, '$1'],
];

/**
 * What messages of the same cause have in common: quoted texts, URLs, addresses, paths, dates, ids and numbers, and
 * lists of these, are replaced by what they are. Only the beginning of a long message counts.
 */
export function messagePattern(message: string): string {
  let pattern = message.slice(0, LOOKED_AT);
  for (const [particular, placeholder] of PARTICULARS) pattern = pattern.replace(particular, placeholder);
  return pattern.slice(0, COUNTED);
}
