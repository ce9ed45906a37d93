import { applyDecorators, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, getSchemaPath } from '@nestjs/swagger';

/** Documents a page of a list. */
export function ApiPage(item: Type): MethodDecorator {
  const properties = {
    items: { type: 'array', items: { $ref: getSchemaPath(item) } },
    nextCursor: { type: 'string', nullable: true, description: 'For `cursor`; null at the end' },
  };
  return applyDecorators(
    ApiExtraModels(item),
    ApiOkResponse({ schema: { type: 'object', required: Object.keys(properties), properties } }),
  );
}
