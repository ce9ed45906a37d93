/**
 * The header that our own copies on `-dlq` topics bear, with the dead letter's id: what they tell is in the table
 * already, so our listener passes them over.
 */
export const DEAD_LETTER_ID_HEADER = 'taskwire-dead-letter-id';
