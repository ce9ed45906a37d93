/** The injection token of `IsDeadLetterTopic`. */
export const IS_DEAD_LETTER_TOPIC = Symbol('IsDeadLetterTopic');

/** Whether our listener takes what is written to a topic for dead letters. */
export type IsDeadLetterTopic = (topic: string) => boolean;
