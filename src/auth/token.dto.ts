import { ApiProperty } from '@nestjs/swagger';
import {
  IsInt,
  Max,
  Min,
  Validate,
  ValidatorConstraint,
  type ValidatorConstraintInterface,
} from 'class-validator';
import { isOwnerName } from './owner-name.js';

@ValidatorConstraint({ name: 'isOwner' })
class IsOwner implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return isOwnerName(value);
  }

  defaultMessage(): string {
    return '$property must be an owner: 1 to 512 characters, not *, U+0000 and lone surrogates not among them';
  }
}

/** Whose tasks a token is to read, and for how long. */
export class OwnerTokenDto {
  @ApiProperty({ minLength: 1, maxLength: 512 })
  @Validate(IsOwner)
  owner!: string;

  /** At most a day. */
  @ApiProperty({ type: 'integer' })
  @IsInt()
  @Min(1)
  @Max(86_400)
  ttlSeconds: number = 3_600;
}

/** A token for `Authorization: Bearer`, a socket's `auth: {token}`, or a stream's `?token=`. */
export class AccessTokenResponse {
  token!: string;

  /** RFC 3339. */
  @ApiProperty({ type: 'string', format: 'date-time' })
  expiresAt!: Date;
}
