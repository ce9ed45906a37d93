import { setImmediate as othersTurn } from 'node:timers/promises';
import { endOfString, endOfValue, QUOTE, skipSpace } from './scan.js';

/** After so much text, in characters, everybody else has a turn. */
const PART_LENGTH = 64 * 1024;

/** An object's members by their names, and the source text of each element of those that are arrays. */
export interface ParsedInTurns {
  members: Map<string, unknown>;
  elements: Map<string, string[]>;
}

/** What is kept at the most; more is parsed all the same, so that whoever asked sees that there was too much. */
interface Room {
  members: number;
  /** Of each array. */
  elements: number;
}

/**
 * Parses an object with long arrays an element at a time, and lets everybody else have a turn between: `JSON.parse` would hold them
 * up until the last one. What it accepts, and what it makes of it, is the same, for an object and as far as there is room.
 *
 * @param parse parses a name, a member or an element, as `JSON.parse` does
 * @throws SyntaxError, or what `parse` throws, if the text is not the JSON text of an object
 */
export async function parseInTurns(
  text: string,
  parse: (text: string) => unknown = JSON.parse,
  room: Room = { members: Infinity, elements: Infinity },
): Promise<ParsedInTurns> {
  return new Parser(text, parse, room).object();
}

/**
 * A value's end is found by a scan that trusts the text. It is checked nevertheless: each value is parsed, and behind it has to be
 * a comma or the end.
 */
class Parser {
  private at = 0;
  private turnAt = PART_LENGTH;

  constructor(
    private readonly text: string,
    private readonly parse: (text: string) => unknown,
    private readonly room: Room,
  ) {}

  async object(): Promise<ParsedInTurns> {
    const members = new Map<string, unknown>();
    const elements = new Map<string, string[]>();
    this.expect('{');
    if (!this.accept('}')) {
      do {
        const name = this.name();
        this.expect(':');
        const { values, texts } = this.accept('[') ? await this.list() : { values: null, texts: null };
        const member = values ?? this.parse(this.valueText());
        if (members.has(name) || members.size < this.room.members) {
          members.set(name, member);
          if (texts) elements.set(name, texts);
          else elements.delete(name);
        }
        await this.perhapsOthersTurn();
      } while (this.accept(','));
      this.expect('}');
    }
    if (skipSpace(this.text, this.at) < this.text.length) throw new SyntaxError('text behind the end');
    return { members, elements };
  }

  /** What is behind an opening bracket, to the closing one. */
  private async list(): Promise<{ values: unknown[]; texts: string[] }> {
    const values: unknown[] = [];
    const texts: string[] = [];
    if (this.accept(']')) return { values, texts };
    do {
      const text = this.valueText();
      const value = this.parse(text);
      if (values.length < this.room.elements) {
        values.push(value);
        texts.push(text);
      }
      await this.perhapsOthersTurn();
    } while (this.accept(','));
    this.expect(']');
    return { values, texts };
  }

  private name(): string {
    const start = skipSpace(this.text, this.at);
    if (this.text.charCodeAt(start) !== QUOTE) throw new SyntaxError('a name is missing');
    this.at = endOfString(this.text, start);
    return String(this.parse(this.text.slice(start, this.at)));
  }

  private valueText(): string {
    const start = skipSpace(this.text, this.at);
    this.at = endOfValue(this.text, start);
    return this.text.slice(start, this.at);
  }

  private expect(mark: string): void {
    if (!this.accept(mark)) throw new SyntaxError(`${mark} is missing`);
  }

  private accept(mark: string): boolean {
    const at = skipSpace(this.text, this.at);
    if (this.text.charAt(at) !== mark) return false;
    this.at = at + 1;
    return true;
  }

  private async perhapsOthersTurn(): Promise<void> {
    if (this.at < this.turnAt) return;
    await othersTurn();
    this.turnAt = this.at + PART_LENGTH;
  }
}
