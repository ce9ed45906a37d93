import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, Max, Min } from 'class-validator';
import { IsOwner } from './is-owner.js';

/** Whose tasks a token is to read, and for how long. */
export class OwnerTokenDto {
  @ApiProperty({ minLength: 1, maxLength: 512 })
  @IsOwner()
  owner!: string;

  /** At most a day. */
  @ApiPropertyOptional({ type: 'integer' })
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
