import { Inject, Injectable } from '@nestjs/common';
import { decodeProtectedHeader } from 'jose';
import { AppError } from '../errors/app-error.js';
import { AccessTokens, TOKEN_TYPE } from './access-tokens.js';
import { LOCAL, type Caller, type Identity } from './caller.js';

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
  constructor(
    @Inject(RECOGNIZERS) private readonly recognizers: { jwt: Recognizer; apiKeys: Recognizer } | null,
    private readonly accessTokens: AccessTokens,
  ) {}

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
    const identity = await this.recognizerOf(credentials).recognize(credentials);
    if (identity === null) throw new AppError('unauthorized', 'The credentials are not valid.');
    return identity;
  }

  private recognizerOf(credentials: string): Recognizer {
    const { jwt, apiKeys } = this.recognizers ?? {};
    if (!jwt || !apiKeys) throw new Error('there is nobody to recognize callers');
    const type = typeOfJwt(credentials);
    if (type === null) return apiKeys;
    return type === TOKEN_TYPE ? this.accessTokens : jwt;
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
