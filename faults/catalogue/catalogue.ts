import type { Fault } from './fault.js';
import { PROCESS_FAULTS } from './processes.js';
import { RECORD_FAULTS } from './records.js';
import { SERVER_FAULTS } from './servers.js';

/** All faults, in the order of the table; `none` shows what the mix costs by itself. */
export const FAULTS: readonly Fault[] = [
  { name: 'none', about: 'nothing breaks', inject: () => Promise.resolve() },
  ...PROCESS_FAULTS,
  ...SERVER_FAULTS,
  ...RECORD_FAULTS,
];
