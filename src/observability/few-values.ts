/** What is told apart no more. */
const OTHER = 'other';

/** The longest value, in characters. */
const MAX_LENGTH = 256;

/** The first different values of a label as they are, and `other` for those that come when there are as many as there may be. */
export class FewValues {
  private readonly values = new Set<string>();

  constructor(private readonly max: number) {}

  /** The value, or `other`. */
  known(value: string): string {
    if (this.values.has(value)) return value;
    if (this.values.size >= this.max - 1 || value.length > MAX_LENGTH) return OTHER;
    this.values.add(value);
    return value;
  }
}
