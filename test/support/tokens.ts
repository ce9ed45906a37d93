import { SignJWT } from 'jose';

/** For `JWT_SECRET`. */
export const SECRET = 'the secret of the tests, which is long enough';

/** A JWT signed with `SECRET` that holds for a minute, unless the claims say else. */
export function tokenFor(sub: string, roles: readonly string[], claims: object = {}): Promise<string> {
  const exp = Math.floor(Date.now() / 1000) + 60;
  return new SignJWT({ sub, roles, exp, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(SECRET));
}
