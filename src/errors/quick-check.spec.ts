import { IsArray, IsInt, IsOptional, IsString, Length, Max, ValidateNested } from 'class-validator';
import { quickCheckOf } from './quick-check.js';

class PlainDto {
  @IsInt()
  @Max(9)
  size!: number;

  @IsOptional()
  @IsString()
  @Length(1, 3)
  name?: string | null;
}

class ChildDto extends PlainDto {
  @IsOptional()
  @IsInt()
  age?: number;
}

class NestedDto {
  @ValidateNested()
  child!: PlainDto;
}

class ListDto {
  @IsArray()
  @IsInt({ each: true })
  sizes!: number[];
}

function accepts(dto: new () => object, values: object): boolean | undefined {
  return quickCheckOf(dto)?.(Object.assign(new dto(), values));
}

describe('the quick check of a DTO', () => {
  it.each<object>([
    { size: 1 },
    { size: 9, name: 'abc' },
    { size: 1, name: null },
    { size: 1, name: undefined },
  ])('accepts %j, which keeps all rules', (values) => {
    expect(accepts(PlainDto, values)).toBe(true);
    expect(accepts(ChildDto, values)).toBe(true);
  });

  it.each<object>([
    {},
    { size: '1' },
    { size: 10 },
    { size: 1, name: '' },
    { size: 1, name: 'abcd' },
    { size: 1, name: 1 },
    { size: 1, other: 1 },
    { size: 1, toString: 1 },
  ])('does not accept %j', (values) => {
    expect(accepts(PlainDto, values)).toBe(false);
    expect(accepts(ChildDto, values)).toBe(false);
  });

  it('is not made for rules about what is within a value', () => {
    expect(quickCheckOf(NestedDto)).toBeNull();
    expect(quickCheckOf(ListDto)).toBeNull();
  });
});
