import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import type { Config } from '../config/config.js';
import { AccessGuard } from './access.guard.js';
import { AccessTokens } from './access-tokens.js';
import { Admission } from './admission.js';
import { ApiKeys } from './api-keys.js';
import { Authenticator, RECOGNIZERS } from './authenticator.js';
import { DeclaredAccess } from './declared-access.js';
import { JwtRecognizer } from './jwt-recognizer.js';

/** Who may do what: it guards every route of the application. */
@Module({})
export class AuthModule {
  static forRoot({ auth }: Pick<Config, 'auth'>): DynamicModule {
    const recognizers =
      auth.kind === 'none' ? null : { jwt: new JwtRecognizer(auth), apiKeys: new ApiKeys(auth.apiKeysPath) };
    return {
      module: AuthModule,
      global: true,
      imports: [DiscoveryModule],
      providers: [
        { provide: RECOGNIZERS, useValue: recognizers },
        // For its own start and end.
        { provide: ApiKeys, useValue: recognizers?.apiKeys },
        AccessTokens,
        Authenticator,
        Admission,
        DeclaredAccess,
        { provide: APP_GUARD, useClass: AccessGuard },
      ],
      exports: [Authenticator, Admission, AccessTokens, DeclaredAccess],
    };
  }
}
