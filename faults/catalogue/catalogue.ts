import { BROKER_LOSS_FAULTS } from './broker-loss.js';
import { CROWD_FAULTS } from './crowds.js';
import { DATABASE_LIMIT_FAULTS } from './database-limits.js';
import { EMBEDDED_FAULTS } from './embedded.js';
import type { EmbeddedFault, Fault } from './fault.js';
import { LINK_FAULTS } from './links.js';
import { POINT_FAULTS } from './points.js';
import { PROCESS_FAULTS } from './processes.js';
import { RECORD_FAULTS } from './records.js';
import { SERVER_FAULTS } from './servers.js';

/** All faults, in the order of the table; `none` shows what the mix costs by itself. */
export const FAULTS: readonly (Fault | EmbeddedFault)[] = [
  { name: 'none', about: 'nothing breaks', inject: () => Promise.resolve() },
  ...PROCESS_FAULTS,
  ...POINT_FAULTS,
  ...SERVER_FAULTS,
  ...BROKER_LOSS_FAULTS,
  ...DATABASE_LIMIT_FAULTS,
  ...LINK_FAULTS,
  ...RECORD_FAULTS,
  ...CROWD_FAULTS,
  ...EMBEDDED_FAULTS,
];
