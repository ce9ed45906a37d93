import type { ErrorObject } from 'ajv';
import type { ErrorDetail } from '../errors/app-error.js';

/** More than anybody reads; a hostile payload can have one for every two bytes. */
const MOST = 100;

/** What ajv found, each with the place that is wrong as a dotted path below `root`. */
export function schemaErrors(errors: readonly ErrorObject[], root: string): ErrorDetail[] {
  return errors.slice(0, MOST).map((error) => {
    const missing = nameIn(error, 'missingProperty');
    const extra = nameIn(error, 'additionalProperty') ?? nameIn(error, 'unevaluatedProperty');
    const place = [root, ...segments(error.instancePath), missing ?? extra ?? error.propertyName ?? ''];
    return { path: place.filter((part) => part !== '').join('.'), message: messageOf(error, missing, extra) };
  });
}

function messageOf({ message, params }: ErrorObject, missing: string | null, extra: string | null): string {
  if (missing !== null) return 'is missing';
  if (extra !== null) return 'is not known';
  const allowed: unknown = (params as { allowedValues?: unknown }).allowedValues;
  return `${message ?? 'is wrong'}${Array.isArray(allowed) ? `: ${allowed.join(', ')}` : ''}`;
}

function nameIn(error: ErrorObject, parameter: string): string | null {
  const name: unknown = (error.params as Record<string, unknown>)[parameter];
  return typeof name === 'string' ? name : null;
}

/** The parts of a JSON pointer (RFC 6901). */
function segments(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}
