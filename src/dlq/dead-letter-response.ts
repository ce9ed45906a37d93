import type { DeadLetterAction } from './dead-letter-action.entity.js';
import type { DeadLetter } from './dead-letter.entity.js';
import { encodeBytes } from '../json/text-or-base64.js';

/** The dead letter as operators see it (`/openapi.json`), as JSON text. Header values and changes stay as they are kept. */
export function deadLetterText(letter: DeadLetter, history: readonly DeadLetterAction[]): string {
  const head = JSON.stringify({
    id: letter.id,
    status: letter.status,
    kind: letter.kind,
    topic: letter.topic,
    original: {
      topic: letter.originalTopic,
      partition: letter.originalPartition,
      offset: letter.originalOffset,
      timestamp: letter.originalTimestamp,
    },
    key: encodeBytes(letter.key),
    value: encodeBytes(letter.value),
    error: {
      type: letter.errorType,
      message: letter.errorMessage,
      stack: letter.errorStack,
      ...(letter.errorCode !== null && { code: letter.errorCode }),
    },
    attempts: letter.attempts,
    group: letter.group,
    taskId: letter.taskId,
    fingerprint: letter.fingerprint,
    failedAt: letter.failedAt,
    receivedAt: letter.receivedAt,
    redrivenAt: letter.redrivenAt,
    redrivenBy: letter.redrivenBy,
    note: letter.note,
    truncated: letter.truncated,
    previousId: letter.previousId,
    generation: letter.generation,
    redriveId: letter.redriveId,
  });
  return `${head.slice(0, -1)},"headers":${letter.headers},"history":[${history.map(actionText).join(',')}]}`;
}

function actionText({ at, action, by, redriveId, note, reason, changes }: DeadLetterAction): string {
  const text = JSON.stringify({ at, action, by, redriveId, note, reason });
  return `${text.slice(0, -1)},"changes":${changes ?? 'null'}}`;
}
