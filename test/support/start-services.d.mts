import type { FoundServices } from './services.js';

/** Finds or starts Kafka and PostgreSQL in a process of their own. */
export function startServices(): Promise<{ services: FoundServices; close: () => Promise<void> }>;
