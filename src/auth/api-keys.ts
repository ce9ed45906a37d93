import { createHash, timingSafeEqual } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import type { OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import type { Recognizer } from './authenticator.js';
import { ROLES, type Identity, type Role } from './caller.js';
import { isOwnerName } from './owner-name.js';
import { WATCH_INTERVAL, WatchedFile } from './watched-file.js';

interface ApiKey {
  hash: Buffer;
  owner: string;
  roles: Role[];
}

/** A key of the file as it is now, and how to end what was opened with it. */
interface KnownKey {
  key: ApiKey;
  identity: Identity;
  revocation: AbortController;
}

/**
 * Recognizes callers by the keys of the file `API_KEYS`: an array of `{name, sha256, owner, roles}`, of which only the
 * hashes (hexadecimal) are kept. Read anew when it changes: a key that is gone then, or has another owner or other roles,
 * ends whatever was opened with it.
 */
export class ApiKeys implements Recognizer, OnModuleInit, OnModuleDestroy {
  private readonly file: WatchedFile<readonly KnownKey[]> | null;
  private known: readonly KnownKey[] = [];
  private watching: NodeJS.Timeout | undefined;

  /** @throws ConfigError if the file is not as it should be */
  constructor(path: string | null) {
    this.file =
      path === null ? null : new WatchedFile('API_KEYS', path, (entries) => this.replace(parse(entries)));
  }

  /** From now on the file is looked at even while nobody calls. */
  onModuleInit(): void {
    this.watching = setInterval(() => this.file?.content, WATCH_INTERVAL);
  }

  onModuleDestroy(): void {
    clearInterval(this.watching);
  }

  recognize(key: string): Identity | null {
    const hash = createHash('sha256').update(key).digest();
    // All are compared, each in the same time, so that how long it takes tells nothing.
    const found = (this.file?.content ?? []).filter(({ key }) => timingSafeEqual(key.hash, hash));
    return found[0]?.identity ?? null;
  }

  private replace(keys: readonly ApiKey[]): readonly KnownKey[] {
    const old = this.known;
    this.known = keys.map((key) => old.find((known) => isDeepStrictEqual(known.key, key)) ?? knownKey(key));
    for (const known of old) if (!this.known.includes(known)) known.revocation.abort();
    return this.known;
  }
}

function knownKey(key: ApiKey): KnownKey {
  const { owner, roles } = key;
  const revocation = new AbortController();
  // Each request that waits and each socket listens to it, and there may be many.
  setMaxListeners(0, revocation.signal);
  const identity = { owner, roles, taskId: null, expiresAt: null, revoked: revocation.signal };
  return { key, identity, revocation };
}

function parse(entries: unknown): ApiKey[] {
  if (!Array.isArray(entries)) throw new Error('it must be an array');
  return entries.map((entry: unknown, index) => parseKey(entry, index));
}

function parseKey(entry: unknown, index: number): ApiKey {
  const { name, sha256, owner, roles } = (entry ?? {}) as Record<string, unknown>;
  const where = typeof name === 'string' ? `the key ${name}` : `key ${index}`;
  if (typeof name !== 'string' || name === '') throw new Error(`${where} needs a name`);
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/i.test(sha256))
    throw new Error(`${where} needs sha256, 64 hexadecimal digits`);
  if (!isOwnerName(owner)) throw new Error(`${where} needs an owner`);
  if (!isRoles(roles)) throw new Error(`${where} needs roles, some of ${ROLES.join(', ')}`);
  return { hash: Buffer.from(sha256, 'hex'), owner, roles };
}

function isRoles(value: unknown): value is Role[] {
  const known: readonly unknown[] = ROLES;
  return Array.isArray(value) && value.length > 0 && value.every((role) => known.includes(role));
}
