import { jest } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';
import { eventually } from '../../test/support/eventually.js';
import type { JwtConfig } from '../config/config.js';
import { JwtRecognizer } from './jwt-recognizer.js';

const SECRET = 'a secret for these tests that is long enough';
const NOTHING: JwtConfig = { secret: null, publicKey: null, jwks: null, issuer: null, audience: null };

type Key = Parameters<SignJWT['sign']>[0];

const now = (): number => Math.floor(Date.now() / 1000);

function sign(
  claims: JWTPayload,
  key: Key = bytes(SECRET),
  header: { alg: string; kid?: string } = { alg: 'HS256' },
) {
  return new SignJWT({ sub: 'alice', exp: now() + 60, ...claims }).setProtectedHeader(header).sign(key);
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function bySecret(config: Partial<JwtConfig> = {}): JwtRecognizer {
  return new JwtRecognizer({ ...NOTHING, secret: SECRET, ...config });
}

describe('a JWT', () => {
  it('names its owner, its roles and its end', async () => {
    const exp = now() + 30;
    expect(await bySecret().recognize(await sign({ exp, roles: ['service', 'operator', 'admin'] }))).toEqual({
      owner: 'alice',
      roles: ['service', 'operator'],
      taskId: null,
      expiresAt: new Date(exp * 1000),
      revoked: null,
    });
  });

  it.each([
    [{}, ['client']],
    [{ scope: 'openid profile' }, ['client']],
    [{ scope: 'openid compute client' }, ['client', 'compute']],
    [{ roles: ['compute'], scope: 'operator' }, ['compute']],
    [{ roles: [] }, []],
    [{ roles: ['reader'] }, []],
    [{ roles: 'operator' }, []],
    [{ roles: null }, ['client']],
  ])('with %j has the roles %j', async (claims, roles) => {
    expect(await bySecret().recognize(await sign(claims))).toMatchObject({ roles });
  });

  it.each<[string, () => Promise<string>]>([
    ['another secret', () => sign({}, bytes('another secret that is just as long as it'))],
    ['another algorithm of the same kind', () => sign({}, undefined, { alg: 'HS512' })],
    ['no algorithm', () => Promise.resolve(new UnsecuredJWT({ sub: 'alice', exp: now() + 60 }).encode())],
    ['no end', () => sign({ exp: undefined })],
    ['an end in the past', () => sign({ exp: now() - 1 })],
    ['a beginning in the future', () => sign({ nbf: now() + 60 })],
    ['no subject', () => sign({ sub: undefined })],
    ['an end that is no number', () => sign({ exp: 'never' as never })],
    ['a signature cut short', async () => (await sign({})).slice(0, -2)],
    ['a changed payload', async () => changed(await sign({}))],
  ])('with %s is not valid', async (_, token) => {
    await expect(bySecret().recognize(await token())).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it.each(['', '*', 'a\0b', '\ud800', 'x'.repeat(513)])('for the owner %j names nobody', async (sub) => {
    expect(await bySecret().recognize(await sign({ sub }))).toBeNull();
  });

  it('of eight kilobytes is read like any other', async () => {
    expect(await bySecret().recognize(await sign({ note: 'x'.repeat(8192) }))).toMatchObject({
      owner: 'alice',
    });
  });

  it.each([
    [{ iss: 'https://issuer.example', aud: 'taskwire' }, true],
    [{ iss: 'https://issuer.example', aud: ['other', 'taskwire'] }, true],
    [{ iss: 'https://issuer.example', aud: 'other' }, false],
    [{ iss: 'https://issuer.example' }, false],
    [{ iss: 'https://evil.example', aud: 'taskwire' }, false],
    [{ aud: 'taskwire' }, false],
  ])('with %j for an issuer and audience that were set: %j', async (claims, valid) => {
    const recognizer = bySecret({ issuer: 'https://issuer.example', audience: 'taskwire' });
    const recognized = recognizer.recognize(await sign(claims));
    if (valid) expect(await recognized).toMatchObject({ owner: 'alice' });
    else await expect(recognized).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it.each(['RS256', 'ES256', 'EdDSA'])('signed by %s is checked with the public key', async (alg) => {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    const pem = await exportSPKI(publicKey);
    const recognizer = new JwtRecognizer({ ...NOTHING, publicKey: pem });
    expect(await recognizer.recognize(await sign({}, privateKey, { alg }))).toMatchObject({ owner: 'alice' });
    // The public key is public: as a secret it must open nothing.
    const confused = await sign({}, bytes(pem), { alg: 'HS256' });
    await expect(recognizer.recognize(confused)).rejects.toMatchObject({ code: 'unauthorized' });
    const other = await generateKeyPair(alg === 'RS256' ? 'ES256' : 'RS256');
    const wrongKind = await sign({}, other.privateKey, { alg: alg === 'RS256' ? 'ES256' : 'RS256' });
    await expect(recognizer.recognize(wrongKind)).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it('is nobody’s where only API keys are known', async () => {
    expect(await new JwtRecognizer(NOTHING).recognize(await sign({}))).toBeNull();
  });
});

describe('a set of keys', () => {
  const keyPair = async (kid: string) => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    return {
      jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256' },
      privateKey,
      header: { alg: 'ES256', kid },
    };
  };
  let folder: string;
  let server: Server;
  let served = '';
  let status = 200;
  let fetches = 0;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'taskwire-jwks-'));
    server = createServer((_, response) => {
      fetches++;
      response.writeHead(status).end(served);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });

  it('in a file is chosen from by kid', async () => {
    const [one, two] = [await keyPair('one'), await keyPair('two')];
    const file = path.join(folder, 'keys.json');
    await writeFile(file, JSON.stringify({ keys: [one.jwk] }));
    const recognizer = new JwtRecognizer({ ...NOTHING, jwks: file });
    expect(await recognizer.recognize(await sign({}, one.privateKey, one.header))).toMatchObject({
      owner: 'alice',
    });
    for (const token of [
      await sign({}, two.privateKey, two.header),
      await sign({}, two.privateKey, one.header),
      await sign({}, one.privateKey, { alg: 'ES256', kid: '../../etc/passwd' }),
    ])
      await expect(recognizer.recognize(token)).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it('in a file is read anew when the file changes: a key that is gone opens nothing more', async () => {
    const [one, two] = [await keyPair('one'), await keyPair('two')];
    const file = path.join(folder, 'changing.json');
    await writeFile(file, JSON.stringify({ keys: [one.jwk] }));
    const recognizer = new JwtRecognizer({ ...NOTHING, jwks: file });
    expect(await recognizer.recognize(await sign({}, one.privateKey, one.header))).not.toBeNull();
    await writeFile(file, JSON.stringify({ keys: [two.jwk], note: 'another length' }));
    await eventually(async () => {
      expect(await recognizer.recognize(await sign({}, two.privateKey, two.header))).not.toBeNull();
    });
    const old = recognizer.recognize(await sign({}, one.privateKey, one.header));
    await expect(old).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it('behind a URL is fetched anew for a key that it did not hold', async () => {
    const [one, two] = [await keyPair('one'), await keyPair('two')];
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
    served = JSON.stringify({ keys: [one.jwk] });
    const recognizer = new JwtRecognizer({ ...NOTHING, jwks: url });
    expect(await recognizer.recognize(await sign({}, one.privateKey, one.header))).toMatchObject({
      owner: 'alice',
    });
    served = JSON.stringify({ keys: [two.jwk] });
    // Not at once: whoever sends made-up key ids must not make us fetch for each.
    const later = Date.now() + 31_000;
    jest.spyOn(Date, 'now').mockReturnValue(later);
    expect(await recognizer.recognize(await sign({}, two.privateKey, two.header))).toMatchObject({
      owner: 'alice',
    });
    jest.restoreAllMocks();
  });

  it('behind a URL is kept for ten minutes, and is not fetched for every key id that somebody makes up', async () => {
    const [one, two] = [await keyPair('one'), await keyPair('two')];
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
    served = JSON.stringify({ keys: [one.jwk] });
    fetches = 0;
    const recognizer = new JwtRecognizer({ ...NOTHING, jwks: url });
    const token = await sign({ exp: now() + 3_600 }, one.privateKey, one.header);
    const start = Date.now();
    try {
      for (const seconds of [0, 20, 599]) {
        jest.spyOn(Date, 'now').mockReturnValue(start + seconds * 1_000);
        expect(await recognizer.recognize(token)).toMatchObject({ owner: 'alice' });
      }
      expect(fetches).toBe(1);

      served = JSON.stringify({ keys: [two.jwk] });
      jest.spyOn(Date, 'now').mockReturnValue(start + 601_000);
      // Withdrawn by the issuer.
      await expect(recognizer.recognize(token)).rejects.toMatchObject({ code: 'unauthorized' });
      const fetched = fetches;
      for (const kid of ['a', 'b', 'c']) {
        const madeUp = await sign({ exp: now() + 3_600 }, one.privateKey, { alg: 'ES256', kid });
        await expect(recognizer.recognize(madeUp)).rejects.toMatchObject({ code: 'unauthorized' });
      }
      expect(fetches).toBe(fetched);
    } finally {
      jest.restoreAllMocks();
    }
  });

  it('that cannot be fetched is not the token’s fault', async () => {
    const one = await keyPair('one');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
    status = 500;
    const token = await sign({}, one.privateKey, one.header);
    for (const jwks of [url, 'http://127.0.0.1:1/keys'])
      await expect(new JwtRecognizer({ ...NOTHING, jwks }).recognize(token)).rejects.toMatchObject({
        code: 'unavailable',
      });
    status = 200;
  });

  it('that is no file fails the start and names the setting', () => {
    expect(() => new JwtRecognizer({ ...NOTHING, jwks: path.join(folder, 'nowhere.json') })).toThrow(
      /^JWT_JWKS: /,
    );
  });
});

/** The token with another subject and the old signature. */
function changed(token: string): string {
  const [header, , signature] = token.split('.');
  const payload = Buffer.from(JSON.stringify({ sub: 'bob', exp: now() + 60 })).toString('base64url');
  return [header, payload, signature].join('.');
}
