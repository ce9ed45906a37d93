import { Injectable } from '@nestjs/common';
import { pageText } from '../paging/page.js';
import { deadLetterText } from './dead-letter-response.js';
import { DeadLetterRepository, type LetterSize } from './dead-letter.repository.js';
import { LetterHistory } from './letter-history.js';

/** A page ends behind the letter with which its contents reach this size. */
const PAGE_BYTES = 8 * 1024 * 1024;

/** Dead letters with their histories, as JSON texts. */
@Injectable()
export class LetterTexts {
  constructor(
    private readonly deadLetters: DeadLetterRepository,
    private readonly history: LetterHistory,
  ) {}

  /**
   * A page of what is told of letters. It ends before its limit where their contents are large, but has one at the least; a letter
   * that is gone meanwhile is left out.
   *
   * @param found one more than the limit where there is more
   */
  async page<T extends LetterSize>(
    found: readonly T[],
    limit: number,
    tell: (row: T, letterText: string) => string,
  ): Promise<string> {
    const count = Math.min(limit, fitting(found));
    const texts = await this.of(found.slice(0, count).map(({ id }) => id));
    const kept = found.filter(({ id }, index) => index >= count || texts.has(id));
    return pageText(kept, texts.size, (row) => tell(row, texts.get(row.id) ?? ''));
  }

  /** Those of the letters that (still) exist, by their ids, in the order of `ids`. */
  async of(ids: readonly string[]): Promise<Map<string, string>> {
    if (ids.length === 0) return new Map();
    const [letters, histories] = await Promise.all([this.deadLetters.load(ids), this.history.of(ids)]);
    const byId = new Map(letters.map((letter) => [letter.id, letter]));
    return new Map(
      ids.flatMap((id) => {
        const letter = byId.get(id);
        return letter ? [[id, deadLetterText(letter, histories.get(id) ?? [])] as const] : [];
      }),
    );
  }
}

/** How many of the letters, at least one, make up a page by their size. */
function fitting(letters: readonly LetterSize[]): number {
  let bytes = 0;
  const last = letters.findIndex((letter) => (bytes += letter.bytes) >= PAGE_BYTES);
  return last < 0 ? letters.length : last + 1;
}
