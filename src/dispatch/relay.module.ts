import { Module } from '@nestjs/common';
import { DispatchModule } from './dispatch.module.js';
import { OrderingLease } from './ordering-lease.js';
import { Relay } from './relay.js';

/** The relay, which sends what the fast path did not. */
@Module({
  imports: [DispatchModule],
  providers: [Relay, OrderingLease],
})
export class RelayModule {}
