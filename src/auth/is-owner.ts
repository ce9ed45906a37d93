import { Validate, ValidatorConstraint, type ValidatorConstraintInterface } from 'class-validator';
import { isOwnerName } from './owner-name.js';

@ValidatorConstraint({ name: 'isOwner' })
class OwnerConstraint implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return isOwnerName(value);
  }

  defaultMessage(): string {
    return '$property must be an owner: 1 to 512 characters, not *, U+0000 and lone surrogates not among them';
  }
}

/** Checks that a field of a DTO can be an owner. */
export function IsOwner(): PropertyDecorator {
  return Validate(OwnerConstraint);
}
