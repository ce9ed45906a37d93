import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isNativeError } from 'node:util/types';
import { ConfigError } from '../config/config.js';
import { compilePayloadSchema } from './payload-schema.js';
import { DEFAULT_TYPE, type TaskType } from './task-type.js';
import { parseTaskTypesFile, type TaskTypeEntry } from './task-types-file.js';
import { TaskTypes } from './task-types.js';

const BUILT_IN = `types: { ${DEFAULT_TYPE}: {} }`;

/**
 * Reads the task types from a YAML file (the variable TASK_TYPES) and adds `default`, unless the file has its own.
 *
 * @throws {ConfigError} one line that names the type and the key.
 */
export function loadTaskTypes(path: string | null): TaskTypes {
  const entries = parseTaskTypesFile(BUILT_IN);
  if (path !== null) {
    const fromFile = naming(path, () => parseTaskTypesFile(readFileSync(path, 'utf8')));
    for (const [name, entry] of fromFile) entries.set(name, entry);
  }
  const folder = path === null ? '.' : dirname(path);
  const types = new TaskTypes([...entries].map(([name, entry]) => taskType(name, entry, folder)));
  refuseLoops(types);
  return types;
}

function taskType(name: string, { payloadSchema, ...entry }: TaskTypeEntry, folder: string): TaskType {
  if (entry.delivery === 'claim') {
    throw new ConfigError(`TASK_TYPES: types.${name}.delivery claim comes with a later version`);
  }
  return {
    ...entry,
    name,
    attemptTimeoutSeconds: entry.attemptTimeoutSeconds ?? null,
    payloadErrors:
      payloadSchema === undefined
        ? () => []
        : naming(`types.${name}.payloadSchema`, () => compilePayloadSchema(resolve(folder, payloadSchema))),
  };
}

/** A topic that is both would feed us our own requests as answers. */
function refuseLoops(types: TaskTypes): void {
  for (const type of types.all()) {
    const [reader] = types.namesByResultTopic(type.requestTopic);
    if (reader !== undefined) {
      throw new ConfigError(
        `TASK_TYPES: types.${type.name}.requestTopic ${type.requestTopic} is the resultTopic of ${reader}`,
      );
    }
  }
}

/** Puts the place in front of what went wrong, on one line. */
function naming<Value>(place: string, work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    const reason = isNativeError(error) ? error.message : String(error);
    throw new ConfigError(`TASK_TYPES: ${place}: ${reason.replace(/\s*\n\s*/g, ' ')}`, { cause: error });
  }
}
