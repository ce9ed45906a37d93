import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isNativeError } from 'node:util/types';
import { ConfigError, type TransportConfig } from '../config/config.js';
import { compilePayloadSchema } from './payload-schema.js';
import { DEFAULT_TYPE, type Delivery, type TaskType } from './task-type.js';
import { parseTaskTypesFile, type TaskTypeEntry } from './task-types-file.js';
import { TaskTypes } from './task-types.js';

const BUILT_IN = `types: { ${DEFAULT_TYPE}: {} }`;

/**
 * Reads the task types from a YAML file (the variable TASK_TYPES) and adds `default`, unless the file has its own.
 *
 * @param transport the delivery `topic` needs one, and is the default where there is one
 * @throws {ConfigError} one line that names the type and the key.
 */
export function loadTaskTypes(path: string | null, transport: TransportConfig['kind']): TaskTypes {
  const entries = parseTaskTypesFile(BUILT_IN);
  if (path !== null) {
    const fromFile = naming(path, () => parseTaskTypesFile(readFileSync(path, 'utf8')));
    for (const [name, entry] of fromFile) entries.set(name, entry);
  }
  const folder = path === null ? '.' : dirname(path);
  const types = new TaskTypes(
    [...entries].map(([name, entry]) => ({
      ...taskType(name, entry, folder),
      delivery: deliveryOf(name, entry, transport),
    })),
  );
  refuseLoops(types);
  return types;
}

function deliveryOf(name: string, { delivery }: TaskTypeEntry, transport: TransportConfig['kind']): Delivery {
  if (transport !== 'none') return delivery ?? 'topic';
  if (delivery === 'topic')
    throw new ConfigError(
      `TASK_TYPES: types.${name}.delivery topic needs a transport, and TRANSPORT is none`,
    );
  return 'claim';
}

function taskType(
  name: string,
  { payloadSchema, ...entry }: TaskTypeEntry,
  folder: string,
): Omit<TaskType, 'delivery'> {
  return {
    ...entry,
    name,
    attemptTimeoutSeconds: entry.attemptTimeoutSeconds ?? null,
    payloadErrors:
      payloadSchema === undefined
        ? null
        : naming(`types.${name}.payloadSchema`, () => compilePayloadSchema(resolve(folder, payloadSchema))),
  };
}

/** A topic that is both would feed us our own requests as answers. */
function refuseLoops(types: TaskTypes): void {
  for (const type of types.byDelivery('topic')) {
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
