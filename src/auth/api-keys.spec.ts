import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '../../test/support/eventually.js';
import { ApiKeys } from './api-keys.js';

const entry = (key: string, more: object = {}): object => ({
  name: 'a key',
  sha256: createHash('sha256').update(key).digest('hex'),
  owner: 'gpu-1',
  roles: ['compute'],
  ...more,
});

describe('an API key', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'taskwire-keys-'));
    file = path.join(folder, 'keys.json');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is known by its hash, and has the roles that its file says', async () => {
    await writeFile(
      file,
      JSON.stringify([entry('one'), entry('two', { owner: 'shop', roles: ['service', 'operator'] })]),
    );
    const keys = new ApiKeys(file);
    expect(keys.recognize('one')).toEqual({
      owner: 'gpu-1',
      roles: ['compute'],
      taskId: null,
      expiresAt: null,
      revoked: expect.objectContaining({ aborted: false }) as unknown,
    });
    expect(keys.recognize('two')).toMatchObject({ owner: 'shop', roles: ['service', 'operator'] });
    for (const wrong of ['', 'three', 'ONE', createHash('sha256').update('one').digest('hex')])
      expect(keys.recognize(wrong)).toBeNull();
  });

  it('is nobody’s where there is no file', () => {
    expect(new ApiKeys(null).recognize('one')).toBeNull();
  });

  it('comes and goes with the file, and a file that is wrong changes nothing', async () => {
    await writeFile(file, JSON.stringify([entry('one')]));
    const keys = new ApiKeys(file);
    await writeFile(file, '[{');
    await eventually(() => {
      expect(keys.recognize('one')).not.toBeNull();
    });
    await writeFile(file, JSON.stringify([entry('another')]));
    await eventually(() => {
      expect(keys.recognize('one')).toBeNull();
      expect(keys.recognize('another')).not.toBeNull();
    });
  });

  it('is taken back when it leaves the file or changes there, and only then', async () => {
    await writeFile(file, JSON.stringify([entry('kept'), entry('gone'), entry('changed')]));
    const keys = new ApiKeys(file);
    const signals = ['kept', 'gone', 'changed'].map((key) => keys.recognize(key)?.revoked);
    keys.onModuleInit();
    try {
      await writeFile(file, JSON.stringify([entry('changed', { roles: ['client'] }), entry('kept')]));
      await eventually(() => {
        expect(signals.map((signal) => signal?.aborted)).toEqual([false, true, true]);
      });
      expect(keys.recognize('changed')?.revoked?.aborted).toBe(false);
    } finally {
      keys.onModuleDestroy();
    }
  });

  it.each([
    ['{}', /API_KEYS: .* \(it must be an array\)/],
    ['[', /API_KEYS: /],
    [JSON.stringify([{}]), /key 0 needs a name/],
    [JSON.stringify([null]), /key 0 needs a name/],
    [JSON.stringify([entry('one', { sha256: 'abc' })]), /the key a key needs sha256/],
    [JSON.stringify([entry('one', { owner: '' })]), /the key a key needs an owner/],
    [JSON.stringify([entry('one', { roles: [] })]), /the key a key needs roles/],
    [JSON.stringify([entry('one', { roles: ['admin'] })]), /the key a key needs roles/],
  ])('file that holds %s fails the start and says why', async (text, message) => {
    await writeFile(file, text);
    expect(() => new ApiKeys(file)).toThrow(message);
  });
});
