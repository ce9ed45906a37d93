import type { DeliveredRecord } from '../../transport/transport.js';
import type { DeadLetterFormat, DeadLetterReading } from './dead-letter-reading.js';
import { connectFormat } from './connect-format.js';
import { envelopeFormat } from './envelope-format.js';
import { shareGroupFormat } from './share-group-format.js';
import { springFormat } from './spring-format.js';
import { readUnknown } from './unknown-format.js';

/**
 * The formats that are understood; the first that knows a record reads it. Headers say for sure who wrote a letter: a
 * value that looks like our envelope may have been the record's own.
 */
const FORMATS: DeadLetterFormat[] = [springFormat, connectFormat, shareGroupFormat, envelopeFormat];

/** Reads any record of a `-dlq` topic. Never throws: what no format knows is kept as it is, its cause unknown. */
export function readDeadLetter(record: DeliveredRecord): DeadLetterReading {
  for (const format of FORMATS) {
    const reading = format.read(record);
    if (reading) return reading;
  }
  return readUnknown(record);
}
