import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { jwtVerify, SignJWT } from 'jose';
import { DataSource } from 'typeorm';
import type { Recognizer } from './authenticator.js';
import type { Identity } from './caller.js';
import { refusal } from './jwt-recognizer.js';
import { isOwnerName } from './owner-name.js';

/** The `typ` by which our tokens are told from an issuer's, whose key they are never checked with. */
export const TOKEN_TYPE = 'taskwire+jwt';

const ALGORITHM = 'HS256';
const SECRET_BYTES = 32;

/** Whoever comes first makes the secret; all others find it. */
const SECRET = `
  WITH made AS (
    INSERT INTO signing_keys (name, secret, created_at) VALUES ('tokens', $1, now())
    ON CONFLICT DO NOTHING RETURNING secret
  )
  SELECT secret FROM made UNION ALL SELECT secret FROM signing_keys WHERE name = 'tokens'`;

/** What a token lets read: one task, or all of an owner's. */
export interface Grant {
  owner: string;
  taskId: string | null;
}

/** A token and when it ends. */
export interface AccessToken {
  token: string;
  expiresAt: Date;
}

/** Short-lived tokens that only read, for a browser's socket or stream. Every process of the installation knows them. */
@Injectable()
export class AccessTokens implements Recognizer {
  private secret: Promise<Uint8Array> | null = null;

  constructor(private readonly dataSource: DataSource) {}

  /** Makes a token that ends after `ttlSeconds`. */
  async issue({ owner, taskId }: Grant, ttlSeconds: number): Promise<AccessToken> {
    const seconds = Math.floor(Date.now() / 1000) + ttlSeconds;
    const token = await new SignJWT(taskId === null ? {} : { taskId })
      .setProtectedHeader({ alg: ALGORITHM, typ: TOKEN_TYPE })
      .setSubject(owner)
      .setExpirationTime(seconds)
      .sign(await this.knownSecret());
    return { token, expiresAt: new Date(seconds * 1000) };
  }

  async recognize(token: string): Promise<Identity | null> {
    const secret = await this.knownSecret();
    try {
      const { payload } = await jwtVerify(token, secret, {
        algorithms: [ALGORITHM],
        typ: TOKEN_TYPE,
        requiredClaims: ['sub', 'exp'],
      });
      const { sub, exp = 0, taskId = null } = payload;
      if (!isOwnerName(sub) || (taskId !== null && typeof taskId !== 'string')) return null;
      return { owner: sub, roles: ['reader'], taskId, expiresAt: new Date(exp * 1000), revoked: null };
    } catch (error) {
      throw refusal(error);
    }
  }

  /** Asked for when it is needed: the role `worker` has no token to check, and no right to the secret. */
  private knownSecret(): Promise<Uint8Array> {
    this.secret ??= this.readSecret().catch((error: unknown) => {
      this.secret = null;
      throw error;
    });
    return this.secret;
  }

  private async readSecret(): Promise<Uint8Array> {
    const [row]: { secret: Buffer }[] = await this.dataSource.query(SECRET, [randomBytes(SECRET_BYTES)]);
    // Two that begin at once: the later one's statement does not see the row of the other yet.
    return row ? row.secret : this.readSecret();
  }
}
