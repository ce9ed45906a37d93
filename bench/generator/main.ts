import { closedLoop } from './closed-loop.js';
import { fanOut } from './fan-out.js';
import { inFlight } from './in-flight.js';

import { openLoop } from './open-loop.js';
import type { Order, Outcome } from './order.js';

// The load, in a process of its own: takes an order, and prints what it saw.
const order = JSON.parse(process.argv[2] ?? '') as Order;
process.stdout.write(`${JSON.stringify(await run(order))}\n`);

function run(order: Order): Promise<Outcome> {
  switch (order.kind) {
    case 'closed':
      return closedLoop(order);
    case 'open':
      return openLoop(order);
    case 'in-flight':
      return inFlight(order);
    case 'fan-out':
      return fanOut(order);
  }
}
