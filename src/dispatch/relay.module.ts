import { Module } from '@nestjs/common';
import { DispatchModule } from './dispatch.module.js';
import { OrderingLease } from './ordering-lease.js';
import { Relay } from './relay.js';
import { Timers } from './timers.js';

/** What keeps dispatches moving without anybody asking: the relay and the timers. */
@Module({
  imports: [DispatchModule],
  providers: [Relay, OrderingLease, Timers],
})
export class RelayModule {}
