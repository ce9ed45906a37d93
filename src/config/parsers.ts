import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';

/** Reads the text of a setting. */
export interface Parser<Value> {
  /** Completes the sentence "NAME must be …". */
  readonly accepts: string;
  /** The text is a secret, or may hold one: no message shows it. */
  readonly secret?: true;
  /** `undefined`: the text is not acceptable. */
  parse(text: string): Value | undefined;
}

/** One of a closed list of words. */
export function oneOf<const Word extends string>(words: readonly Word[]): Parser<Word> {
  return { accepts: `one of ${words.join(', ')}`, parse: (text) => words.find((word) => word === text) };
}

/** The same where others write the words in capitals, as Kafka does those of SASL. */
export function oneOfInAnyCase<const Word extends string>(words: readonly Word[]): Parser<Word> {
  const exact = oneOf(words);
  return { accepts: exact.accepts, parse: (text) => exact.parse(text.toLowerCase()) };
}

/** A whole number within bounds, both included. */
export function wholeNumber(min: number, max: number): Parser<number> {
  return {
    accepts: `a whole number from ${min} to ${max}`,
    parse: (text) => {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
      return value >= min && value <= max ? value : undefined;
    },
  };
}

/** A text that a pattern describes. */
export function matching(pattern: RegExp, accepts: string): Parser<string> {
  return { accepts, parse: (text) => (pattern.test(text) ? text : undefined) };
}

/** Any text; never shown. */
export const secretText: Parser<string> = { accepts: 'a text', secret: true, parse: (text) => text };

/** Any text. */
export const text: Parser<string> = { accepts: 'a text', parse: (given) => given };

/** A path; whether there is a file is found out by whoever reads it. */
export const path: Parser<string> = { accepts: 'a path', parse: (text) => text };

export const trueOrFalse: Parser<boolean> = {
  accepts: 'true or false',
  parse: (text) => ({ true: true, false: false })[text],
};

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]*[a-z0-9])?)*\.?$/i;

function isHost(text: string): boolean {
  // A name of digits and dots only is an address with a slip of the finger, not a name.
  return isIP(text) !== 0 || (HOST_NAME.test(text) && !/^[\d.]+$/.test(text));
}

/** An address or a name to listen on. */
export const host: Parser<string> = {
  accepts: 'an IP address or a host name',
  parse: (text) => (isHost(text) ? text : undefined),
};

/** A comma-separated list, at least one item, each as `item` reads it. */
function listOf<Value>(item: Parser<Value>): Parser<readonly Value[]> {
  return {
    accepts: `a comma-separated list, each item ${item.accepts}`,
    parse: (text) => {
      const items = text.split(',').map((part) => item.parse(part.trim()));
      return items.every((value) => value !== undefined) ? items : undefined;
    },
  };
}

/** `host:port` or `[address]:port`, separated by commas. */
export const brokers = listOf<string>({
  accepts: 'host:port',
  parse: (text) => {
    const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
    const known = bracketed === undefined ? isHost(plain ?? '') : isIP(bracketed) === 6;
    return known && Number(port) > 0 && Number(port) <= 65535 ? text : undefined;
  },
});

/** Names of topics, or patterns with `*` for any characters, separated by commas. */
export const topicPatterns = listOf(
  matching(/^[\w.*-]{1,249}$/, 'the name of a topic, in which * stands for any characters'),
);

/** Origins as browsers send them, separated by commas. */
export const origins = listOf<string>({
  accepts: 'an origin like https://app.example.org',
  parse: (text) =>
    URL.canParse(text) && /^https?:/.test(text) && new URL(text).origin === text ? text : undefined,
});

/** The base URL of something that speaks HTTP, without credentials. */
export const httpUrl: Parser<string> = {
  accepts: 'an http or https URL without credentials',
  secret: true,
  parse: (text) => {
    if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return undefined;
    const { username, password } = new URL(text);
    return username === '' && password === '' ? text : undefined;
  },
};

/** A PostgreSQL connection URL; never shown, for it holds a password. */
export const postgresUrl: Parser<string> = {
  accepts: 'a URL like postgres://user@host:5432/database',
  secret: true,
  // `user@/database` (a socket's URL) is one that libpq and pg know, and WHATWG does not.
  parse: (text) =>
    /^postgres(ql)?:\/\//.test(text) && URL.canParse(text.replace('@/', '@socket/')) ? text : undefined,
};

/** A URL without credentials, or a path. */
export const urlOrPath: Parser<string> = {
  accepts: 'an http or https URL without credentials, or a path',
  secret: true,
  parse: (given) => (/^https?:/.test(given) ? httpUrl.parse(given) : given),
};

/** The path of a PEM file, which is read at once so that a wrong path is found at the start; gives its text. */
export const pemFile: Parser<string> = {
  accepts: 'the path of a readable PEM file',
  parse: (text) => {
    try {
      const pem = readFileSync(text, 'utf8');
      return pem.includes('-----BEGIN ') ? pem : undefined;
    } catch {
      return undefined;
    }
  },
};

/** A public key for signatures, as PEM (where `\\n` may stand for line breaks) or the path of such a file; gives the PEM. */
export const publicKey: Parser<string> = {
  accepts: 'an RSA, P-256 or Ed25519 public key as PEM, or the path of a readable file with one',
  secret: true,
  parse: (given) => {
    try {
      const pem = given.includes('-----BEGIN ') ? given.replaceAll('\\n', '\n') : readFileSync(given, 'utf8');
      const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey(pem);
      const fits =
        asymmetricKeyType === 'rsa' ||
        asymmetricKeyType === 'ed25519' ||
        asymmetricKeyDetails?.namedCurve === 'prime256v1';
      return fits && !pem.includes('PRIVATE KEY') ? pem : undefined;
    } catch {
      return undefined;
    }
  },
};
