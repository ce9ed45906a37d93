import { Injectable } from '@nestjs/common';
import { deadLetterText } from './dead-letter-response.js';
import { DeadLetterRepository } from './dead-letter.repository.js';

/** Dead letters with their histories, as JSON texts. */
@Injectable()
export class LetterTexts {
  constructor(private readonly deadLetters: DeadLetterRepository) {}

  /** Those of the letters that (still) exist, by their ids, in the order of `ids`. */
  async of(ids: readonly string[]): Promise<Map<string, string>> {
    if (ids.length === 0) return new Map();
    const [letters, histories] = await Promise.all([
      this.deadLetters.load(ids),
      this.deadLetters.histories(ids),
    ]);
    const byId = new Map(letters.map((letter) => [letter.id, letter]));
    return new Map(
      ids.flatMap((id) => {
        const letter = byId.get(id);
        return letter ? [[id, deadLetterText(letter, histories.get(id) ?? [])] as const] : [];
      }),
    );
  }
}
