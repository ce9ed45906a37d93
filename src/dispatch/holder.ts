import { randomUUID } from 'node:crypto';
import type { Provider } from '@nestjs/common';

/** The injection token of this process's name on the leases that it holds: new at every start, never used again. */
export const HOLDER = Symbol('Holder');

export const holderProvider: Provider = { provide: HOLDER, useFactory: () => randomUUID() };
