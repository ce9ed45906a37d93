import { Inject, Injectable } from '@nestjs/common';
import { decodeProtectedHeader } from 'jose';
import { AppError } from '../errors/app-error.js';
import { AccessTokens, TOKEN_TYPE } from './access-tokens.js';
import { LOCAL, type Caller, type Identity } from './caller.js';
import { RecentlyRecognized } from './recently-recognized.js';

/** Knows callers by one kind of credentials. */
export interface Recognizer {
  /**
   * Null if these are not credentials that it knows.
   *
   * @throws AppError `unauthorized` if they are not valid (any more), `unavailable` if it cannot tell
   */
  recognize(credentials: string): Promise<Identity | null> | Identity | null;
}

/** The configured recognizers, or null with `AUTH=none`. */
export const RECOGNIZERS = Symbol('recognizers');

/** Tells who a caller is: by a token of our own, a JWT, or an API key. */
@Injectable()
export class Authenticator {
  private readonly recognizers: { ours: Recognizer; jwt: Recognizer; apiKeys: Recognizer } | null;

  constructor(
    @Inject(RECOGNIZERS) recognizers: { jwt: Recognizer; apiKeys: Recognizer } | null,
    accessTokens: AccessTokens,
  ) {
    this.recognizers = recognizers && {
      ours: new RecentlyRecognized(accessTokens),
      jwt: new RecentlyRecognized(recognizers.jwt),
      apiKeys: recognizers.apiKeys,
    };
  }

  /**
   * @param address where the caller is, as the network tells
   * @param credentials as in `Authorization: Bearer`; null if there are none
   * @throws AppError `unauthorized`; `unavailable` if the issuer's keys cannot be had
   */
  async authenticate(credentials: string | null, address: string): Promise<Caller> {
    return { ...(await this.identify(credentials)), address };
  }

  private async identify(credentials: string | null): Promise<Identity> {
    if (this.recognizers === null) return LOCAL;
    if (credentials === null) throw new AppError('unauthorized', 'Credentials are needed.');
    const { ours, jwt, apiKeys } = this.recognizers;
    const type = typeOfJwt(credentials);
    const recognizer = type === null ? apiKeys : type === TOKEN_TYPE ? ours : jwt;
    const identity = await recognizer.recognize(credentials);
    if (identity === null) throw new AppError('unauthorized', 'The credentials are not valid.');
    return identity;
  }
}

/** The `typ` of a JWT, `JWT` if it has none; null for what is no JWT. */
function typeOfJwt(credentials: string): string | null {
  if (credentials.split('.').length !== 3) return null;
  try {
    return decodeProtectedHeader(credentials).typ ?? 'JWT';
  } catch {
    return null;
  }
}
