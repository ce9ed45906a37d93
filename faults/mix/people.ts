import { SECRET, tokenFor } from '../../test/support/tokens.js';

/** Whoever speaks to Taskwire in a trial. */
export interface Person {
  owner: string;
  token: string;
}

/** For `AUTH=jwt`, which knows the people of a trial. */
export const CREDENTIALS = { AUTH: 'jwt', JWT_SECRET: SECRET };

/** Two owners, an operator and a compute worker. */
export interface People {
  owners: [Person, Person];
  operator: Person;
  compute: Person;
}

const TRIAL_SECONDS = 3_600;

/** People whose tokens outlast a trial. */
export async function introducePeople(): Promise<People> {
  const [alice, bob, operator, compute] = await Promise.all([
    introduce('alice', 'client'),
    introduce('bob', 'client'),
    introduce('operator', 'operator'),
    introduce('compute', 'compute'),
  ]);
  return { owners: [alice, bob], operator, compute };
}

async function introduce(owner: string, role: string): Promise<Person> {
  const exp = Math.floor(Date.now() / 1000) + TRIAL_SECONDS;
  return { owner, token: await tokenFor(owner, [role], { exp }) };
}
