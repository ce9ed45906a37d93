/** A number with this many characters, or in scientific notation, may say more than a JavaScript number can hold. */
const SUSPICIOUS = /\d[\d.]{15}|\d[eE]/;

/** A string, which is passed over, or a number. A string of many characters must not take a step back for each of them. */
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.]*(?:[eE][+-]?\d+)?/g;

const NUMBER = /^-?0*(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/;

/** Whether all numbers in a JSON text keep their values when JavaScript parses it. Cheap for ordinary texts. */
export function hasExactNumbers(json: string): boolean {
  if (!SUSPICIOUS.test(json)) return true;
  for (const [token] of json.matchAll(STRING_OR_NUMBER)) {
    if (!token.startsWith('"') && !isExact(token)) return false;
  }
  return true;
}

/** A JSON object's text, with `exact: false` added where JavaScript would not read all of its numbers as they are. */
export function withExactness(json: string): string {
  return hasExactNumbers(json) ? json : `${json.slice(0, -1)},"exact":false}`;
}

function isExact(source: string): boolean {
  const printed = String(Number(source));
  return printed === source || decimal(printed) === decimal(source);
}

/** The value in one spelling: its digits without zeros around them, and the power of ten of the last one. */
function decimal(source: string): string {
  const [, whole = '', fraction = '', exponent = '0'] = NUMBER.exec(source) ?? [source];
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  const power = Number(exponent) - fraction.length + digits.length - significant.length;
  return `${significant}e${power}`;
}
