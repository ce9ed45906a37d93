import { fileURLToPath } from 'node:url';
import { Child } from '../../test/support/child.js';
import type { Order, Outcome } from './order.js';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

/** Runs the load generator. */
export async function generate(order: Order): Promise<Outcome> {
  const output = await Child.run(process.execPath, ['--import', 'tsx', MAIN, JSON.stringify(order)]);
  return JSON.parse(output) as Outcome;
}
