import { jest } from '@jest/globals';
import * as crypto from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const compare = jest.fn(crypto.timingSafeEqual);
jest.unstable_mockModule('node:crypto', () => ({ ...crypto, timingSafeEqual: compare }));
const { ApiKeys } = await import('./api-keys.js');

const hashOf = (key: string): string => crypto.createHash('sha256').update(key).digest('hex');

describe('how long it takes to recognize an API key', () => {
  let folder: string;
  let keys: InstanceType<typeof ApiKeys>;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'taskwire-keys-'));
    const file = path.join(folder, 'keys.json');
    const entries = ['first', 'second', 'third'].map((key) => {
      return { name: key, sha256: hashOf(key), owner: key, roles: ['client'] };
    });
    await writeFile(file, JSON.stringify(entries));
    keys = new ApiKeys(file);
  });

  afterAll(() => rm(folder, { recursive: true }));

  it.each(['first', 'third', 'none of them'])(
    'tells nothing: its hash is compared in constant time with all, whichever it is (%s)',
    (key) => {
      compare.mockClear();
      expect(keys.recognize(key)?.owner ?? 'none of them').toBe(key);
      const known = ['first', 'second', 'third'].map((each) => Buffer.from(hashOf(each), 'hex'));
      expect(compare.mock.calls).toEqual(known.map((hash) => [hash, Buffer.from(hashOf(key), 'hex')]));
    },
  );
});
