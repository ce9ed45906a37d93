/**
 * The header that our own copies on `-dlq` topics bear, with the dead letter's id: what they tell is in the table
 * already, so our listener passes them over.
 */
export const DEAD_LETTER_ID_HEADER = 'taskwire-dead-letter-id';

/**
 * The header on a record that was sent again, with the id of the letter that it came from: a letter that comes of it is
 * linked with that one, and a consumer can tell by it a record that was sent twice.
 */
export const REDRIVE_HEADER = 'taskwire-redrive-of';
