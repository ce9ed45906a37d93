import type { DeadLetterFilter } from './dead-letter-filter.query.js';

/** What is asked of letters; times also as RFC 3339 texts. */
export type LetterConditions = {
  [Field in keyof DeadLetterFilter]:
    DeadLetterFilter[Field] | (Date extends DeadLetterFilter[Field] ? string : never);
};

/** The SQL of a condition on `dead_letters`; `bind` takes a value and gives its placeholder. */
export function letterConditions(conditions: LetterConditions, bind: (value: unknown) => string): string {
  const { topic, status, errorType, taskId, fingerprint, failedAfter, failedBefore } = conditions;
  return [
    'true',
    ...(topic === undefined ? [] : [`topic = ${bind(topic)}`]),
    ...(status === undefined ? [] : [`status = ${bind(status)}`]),
    ...(errorType === undefined ? [] : [`error_type = ${bind(errorType)}`]),
    ...(taskId === undefined ? [] : [`task_id = ${bind(taskId)}`]),
    ...(fingerprint === undefined ? [] : [`fingerprint = ${bind(fingerprint)}`]),
    ...(failedAfter === undefined ? [] : [`failed_at > ${bind(failedAfter)}`]),
    ...(failedBefore === undefined ? [] : [`failed_at < ${bind(failedBefore)}`]),
  ].join(' AND ');
}
