import { applyDecorators } from '@nestjs/common';
import { Transform, Type } from 'class-transformer';

/**
 * Leaves a value of a DTO as it was parsed. Otherwise class-transformer would walk and copy all of it, however deep, and
 * take a field with a name like `constructor` for more than data.
 */
export function AsParsed(): PropertyDecorator {
  return applyDecorators(
    // Of what has to be a Boolean, nothing is walked; then the original is put back.
    Type(() => Boolean),
    Transform(({ obj, key }: { obj: Record<string, unknown>; key: string }) => obj[key]),
  );
}
