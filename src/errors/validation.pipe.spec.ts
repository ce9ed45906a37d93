import { Type } from 'class-transformer';
import { IsArray, IsInt, IsObject, ValidateNested } from 'class-validator';
import { AppError } from './app-error.js';
import { RequestValidationPipe } from './validation.pipe.js';

class ItemDto {
  @IsInt()
  size!: number;
}

class BodyDto {
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ItemDto)
  items!: ItemDto[];

  @IsObject()
  payload!: object;
}

const GOOD = { items: [{ size: 1 }], payload: { anything: [{ goes: true }] } };

async function failure(body: unknown): Promise<AppError> {
  const thrown: unknown = await new RequestValidationPipe()
    .transform(body, { type: 'body', metatype: BodyDto })
    .catch((error: unknown) => error);
  if (thrown instanceof AppError) return thrown;
  throw new Error(`no AppError but ${String(thrown)}`);
}

describe('RequestValidationPipe', () => {
  it('gives an instance of the DTO, free-form objects untouched', async () => {
    const body: unknown = await new RequestValidationPipe().transform(GOOD, {
      type: 'body',
      metatype: BodyDto,
    });
    expect(body).toBeInstanceOf(BodyDto);
    expect(body).toEqual(GOOD);
  });

  it('names every wrong place by its path', async () => {
    const error = await failure({ items: [{ size: 1 }, { size: 'x', colour: 1 }], payload: 1, extra: 1 });
    expect(error.code).toBe('invalid_request');
    expect(error.details).toEqual([
      { path: 'extra', message: 'property extra should not exist' },
      { path: 'items.1.colour', message: 'property colour should not exist' },
      { path: 'items.1.size', message: 'size must be an integer number' },
      { path: 'payload', message: 'payload must be an object' },
    ]);
    expect(error.message).toBe('The request is not valid: property extra should not exist (and 3 more).');
  });

  it.each([null, undefined, 'text', 1, []])('refuses %j in place of an object', async (body) => {
    expect((await failure(body)).code).toBe('invalid_request');
  });

  it('refuses more fields than anything has without a look at each, and counts those of free-form objects not', async () => {
    const fields = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`f${index}`, 1]));
    const error = await failure({ ...GOOD, ...fields });
    expect([error.code, error.details]).toEqual(['invalid_request', []]);
    const body = { ...GOOD, payload: fields };
    expect(
      await new RequestValidationPipe().transform(body, { type: 'body', metatype: BodyDto }),
    ).toMatchObject({ payload: fields });
  });

  it('refuses a body that is nested deeper than the stack', async () => {
    const payload: unknown = JSON.parse('{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000));
    expect((await failure({ ...GOOD, payload })).code).toBe('invalid_request');
  });
});
