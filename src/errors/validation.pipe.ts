import { Injectable, ValidationPipe, type ArgumentMetadata, type ValidationError } from '@nestjs/common';
import { AppError, type ErrorDetail } from './app-error.js';

/** Checks bodies and queries against their DTOs: unknown fields and wrong values are `invalid_request`, with paths. */
@Injectable()
export class RequestValidationPipe extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      transform: true,
      exceptionFactory: (errors) => invalidRequest(errors.flatMap((error) => detailsOf(error, ''))),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (typeof value === 'object' && value !== null) refuseInherited(value);
    try {
      return (await super.transform(value, metadata)) as unknown;
    } catch (error) {
      // class-transformer recurses, and JSON can nest deeper than any stack.
      if (error instanceof RangeError)
        throw new AppError('invalid_request', 'The body is nested too deeply.');
      throw error;
    }
  }
}

/** class-transformer passes over fields with these names, so that nobody would be told that there are no such fields. */
function refuseInherited(value: object): void {
  const names = ['__proto__', 'constructor'].filter((name) => Object.hasOwn(value, name));
  if (names.length === 0) return;
  throw invalidRequest(names.map((path) => ({ path, message: `property ${path} should not exist` })));
}

function invalidRequest(details: ErrorDetail[]): AppError {
  const first = details[0]?.message ?? 'something in it is wrong';
  const more = details.length > 1 ? ` (and ${details.length - 1} more)` : '';
  return new AppError('invalid_request', `The request is not valid: ${first}${more}.`, { details });
}

function detailsOf(error: ValidationError, parent: string): ErrorDetail[] {
  const path = parent === '' ? error.property : `${parent}.${error.property}`;
  const own = Object.values(error.constraints ?? {}).map((message) => ({ path, message }));
  return [...own, ...(error.children ?? []).flatMap((child) => detailsOf(child, path))];
}
