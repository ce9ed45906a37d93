/** Of the values of several turns. */
export interface Spread {
  median: number;
  least: number;
  most: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? NaN;
  return { median: at(Math.floor(sorted.length / 2)), least: at(0), most: at(sorted.length - 1) };
}

/** Three digits, or all before the point. */
export function shown(value: number): string {
  const digits = Math.abs(value) < 100 ? 3 : Math.ceil(Math.log10(Math.abs(value) + 1));
  return value.toLocaleString('en-US', { maximumSignificantDigits: digits });
}
