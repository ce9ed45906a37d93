import { ValidateIf } from 'class-validator';

/** For fields that may be left out, but are not `null` unless a rule allows it. */
export function IfGiven(): PropertyDecorator {
  return ValidateIf((_, value) => value !== undefined);
}
