import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Installation } from '../../test/e2e/installation.js';
import { unique } from '../../test/support/services.js';
import type { Topics } from '../workers/topic-worker.js';

/** So that a trial need not wait. */
export const RETRY = { backoffSeconds: 1, factor: 1, maxSeconds: 1 };

/** The task types of a stage: one for each kind of worker. */
export interface StageTypes {
  /** As in `TASK_TYPES`. */
  file: string;
  wild: Topics;
  sdk: Topics;
}

/** Writes the file; `timeLimit` is that of attempts on topics. `default` is done by kafka-python alone, `sdk` by our SDK, `wild` badly, `claimed` over HTTP. */
export async function writeTypes(
  { requestTopic, resultTopic }: Installation,
  timeLimit?: number,
): Promise<StageTypes> {
  const limit = timeLimit === undefined ? {} : { attemptTimeoutSeconds: timeLimit };
  const wild = { requestTopic: unique('wild-request'), resultTopic: unique('wild-result') };
  const sdk = { requestTopic: unique('sdk-request'), resultTopic: unique('sdk-result') };
  const types = {
    default: { requestTopic, resultTopic, retry: RETRY, ...limit },
    sdk: { ...sdk, retry: RETRY, ...limit },
    wild: { ...wild, retry: RETRY, ...limit },
    claimed: { delivery: 'claim', maxAttempts: 5, retry: RETRY },
  };
  const file = path.join(tmpdir(), `${unique('types')}.yaml`);
  await writeFile(file, JSON.stringify({ types }));
  return { file, wild, sdk };
}
