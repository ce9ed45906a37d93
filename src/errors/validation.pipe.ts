import { Injectable, ValidationPipe, type ArgumentMetadata, type ValidationError } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { AppError, type ErrorDetail } from './app-error.js';
import { type QuickCheck, quickCheckOf } from './quick-check.js';

/** More than any DTO has. class-validator needs seconds for tens of thousands, in which nobody else is served. */
export const MAX_FIELDS = 100;

/** Checks bodies and queries against their DTOs: unknown fields and wrong values are `invalid_request`, with paths. */
@Injectable()
export class RequestValidationPipe extends ValidationPipe {
  private readonly quickChecks = new Map<unknown, QuickCheck | null>();

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
    // What has no DTO is checked by who takes it.
    const dto = metadata.metatype !== undefined && this.toValidate(metadata) ? metadata.metatype : null;
    if (dto) refuseUnseen(value);
    try {
      const accepted = dto && this.accepted(value, dto as new () => object);
      if (accepted) return accepted;
      return (await super.transform(value, metadata)) as unknown;
    } catch (error) {
      // class-transformer recurses, and JSON can nest deeper than any stack.
      if (error instanceof RangeError)
        throw new AppError('invalid_request', 'The body is nested too deeply.');
      throw error;
    }
  }

  /** The DTO of a good value, at little cost; null for one that has to be looked at more closely. */
  private accepted(value: unknown, dto: new () => object): object | null {
    let check = this.quickChecks.get(dto);
    if (check === undefined) this.quickChecks.set(dto, (check = quickCheckOf(dto)));
    if (check === null || typeof value !== 'object' || value === null || isList(value)) return null;
    const instance = plainToInstance(dto, value);
    return check(instance) ? instance : null;
  }
}

/** A list, of values or of bytes, is no object with fields. */
function isList(value: object): boolean {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}

/**
 * Refuses what Nest would pass over: `null` is no body to it, and fields with names that it does not trust are taken away
 * without a word. And what would take too long to look at.
 */
function refuseUnseen(value: unknown): void {
  if (value === null) throw new AppError('invalid_request', 'The request is not valid: it must not be null.');
  if (typeof value !== 'object') return;
  if (!isList(value) && Object.keys(value).length > MAX_FIELDS)
    throw new AppError('invalid_request', `The request is not valid: it has more than ${MAX_FIELDS} fields.`);
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
