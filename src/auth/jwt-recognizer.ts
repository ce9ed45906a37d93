import { createPublicKey, type KeyObject } from 'node:crypto';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  jwtVerify,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
} from 'jose';
import type { JwtConfig } from '../config/config.js';
import { AppError } from '../errors/app-error.js';
import type { Recognizer } from './authenticator.js';
import { ROLES, type Identity, type Role } from './caller.js';
import { isOwnerName } from './owner-name.js';
import { WatchedFile } from './watched-file.js';

/** How far the issuer's clock may be ahead of ours, in seconds. After its `exp` a token is never accepted: what it opened ends then. */
const CLOCK_TOLERANCE = 5;

/** What the asymmetric algorithms are called; EdDSA has two names. */
const PUBLIC_KEY_ALGORITHMS = ['RS256', 'ES256', 'EdDSA', 'Ed25519'];

/** The last time that a `Date` can tell. */
const LAST_DATE = 8.64e15;

/** A key, or how to find one, and the algorithms that it may be used with: never those of another kind of key. */
interface Verification {
  key: KeyObject | Uint8Array | JWTVerifyGetKey;
  algorithms: string[];
}

/** Recognizes callers by the JWTs of the installation's issuer. */
export class JwtRecognizer implements Recognizer {
  private readonly verification: Verification | null;

  /** @throws ConfigError if the file of keys cannot be read */
  constructor(private readonly config: JwtConfig) {
    this.verification = verificationOf(config);
  }

  async recognize(token: string): Promise<Identity | null> {
    if (this.verification === null) return null;
    const { key, algorithms } = this.verification;
    const { issuer, audience } = this.config;
    const options = {
      algorithms,
      clockTolerance: CLOCK_TOLERANCE,
      requiredClaims: ['sub', 'exp'],
      ...(issuer !== null && { issuer }),
      ...(audience !== null && { audience }),
    };
    try {
      const { payload } = await (typeof key === 'function'
        ? jwtVerify(token, key, options)
        : jwtVerify(token, key, options));
      return identityOf(payload);
    } catch (error) {
      throw refusal(error);
    }
  }
}

function verificationOf({ secret, publicKey, jwks }: JwtConfig): Verification | null {
  if (secret !== null) return { key: new TextEncoder().encode(secret), algorithms: ['HS256'] };
  if (publicKey !== null) return { key: createPublicKey(publicKey), algorithms: PUBLIC_KEY_ALGORITHMS };
  if (jwks === null) return null;
  const key = /^https?:/.test(jwks) ? createRemoteJWKSet(new URL(jwks)) : localKeys(jwks);
  return { key, algorithms: PUBLIC_KEY_ALGORITHMS };
}

/** The keys of a file; read anew when it changes. */
function localKeys(path: string): JWTVerifyGetKey {
  const file = new WatchedFile('JWT_JWKS', path, (content) => createLocalJWKSet(content as JSONWebKeySet));
  return (header, token) => file.content(header, token);
}

function identityOf(payload: JWTPayload): Identity | null {
  const { sub, exp, roles, scope } = payload;
  if (!isOwnerName(sub) || exp === undefined) return null;
  if (exp * 1000 <= Date.now()) throw new errors.JWTExpired('"exp" is over', payload);
  return {
    owner: sub,
    roles: rolesOf(roles, scope),
    taskId: null,
    expiresAt: new Date(Math.min(exp * 1000, LAST_DATE)),
    revoked: null,
  };
}

/**
 * Roles that we know; `client` where the token says nothing of roles, or has a scope that is about other things. Roles that are
 * no array say something, but nothing that we know.
 */
function rolesOf(roles: unknown, scope: unknown): Role[] {
  if (Array.isArray(roles)) return ROLES.filter((role) => roles.includes(role));
  if (roles !== undefined && roles !== null) return [];
  const words = typeof scope === 'string' ? scope.split(' ') : [];
  const known = ROLES.filter((role) => words.includes(role));
  return known.length === 0 ? ['client'] : known;
}

const INVALID = [
  errors.JWTInvalid,
  errors.JWTClaimValidationFailed,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
];

/** What a caller is told. Keys that cannot be had are not the token's fault. */
export function refusal(error: unknown): AppError {
  if (error instanceof errors.JWTExpired) return new AppError('unauthorized', 'The token has expired.');
  // A key of the wrong kind for the token's algorithm is a TypeError.
  if (INVALID.some((kind) => error instanceof kind) || (error instanceof TypeError && !isFetchFailure(error)))
    return new AppError('unauthorized', 'The credentials are not valid.', { cause: error });
  return new AppError('unavailable', "The issuer's keys cannot be had at the moment.", { cause: error });
}

/** What `fetch` throws where the network fails. */
function isFetchFailure(error: TypeError): boolean {
  return error.message === 'fetch failed';
}
