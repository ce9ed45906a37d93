import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsInt,
  IsNumber,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { STORABLE, UNSTORABLE } from '../../json/storable-text.js';
import { CLAIM_LEASE_SECONDS } from '../dispatch.repository.js';

/** How many tasks may be claimed, or given back, at a time. */
const MAX_ITEMS = 100;

/** What a compute worker would like to do. */
export class ClaimDto {
  /** Names of task types with the delivery `claim`; all of them by default. */
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_ITEMS)
  @IsString({ each: true })
  @Length(1, 100, { each: true })
  types?: string[] | null;

  /** How many tasks at the most. */
  @ApiPropertyOptional({ type: 'integer', default: 1 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_ITEMS)
  max?: number | null;

  /** How long the leases last without a report. */
  @ApiPropertyOptional({ type: 'integer', default: CLAIM_LEASE_SECONDS })
  @IsOptional()
  @IsInt()
  @Min(5)
  @Max(3600)
  leaseSeconds?: number | null;

  /** How long to wait while there is nothing to claim. */
  @ApiPropertyOptional({ default: 0 })
  @IsOptional()
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(0)
  @Max(30)
  waitSeconds?: number | null;

  /** The worker's name, for people: it is in the task's history. */
  @IsOptional()
  @IsString()
  @Length(1, 200)
  @Matches(STORABLE, UNSTORABLE)
  worker?: string | null;
}

/** A task that the worker holds, until its lease ends. */
@ApiSchema({ name: 'Claim' })
export class ClaimResponse {
  @ApiProperty({ format: 'uuid' })
  taskId!: string;

  /** Has to come back with reports and the result. */
  @ApiProperty({ type: 'integer', minimum: 1 })
  attempt!: number;

  /** The name of its task type. */
  type!: string;

  /** As it was submitted; numbers of any size as they were. */
  payload!: Record<string, unknown>;

  /** A report with the status `RUNNING` renews the lease by its length; never beyond the task's own expiry. */
  leaseExpiresAt!: Date;

  /** When nobody waits for the task any more. */
  expiresAt!: Date;
}

/** What the worker has got: in the order in which the tasks became claimable. */
@ApiSchema({ name: 'Claims' })
export class ClaimsResponse {
  items!: ClaimResponse[];
}

/** A claim that is given back. */
export class ReleasedClaimDto {
  /** One that is no UUID is one that does not exist. */
  @IsString()
  taskId!: string;

  @ApiProperty({ type: 'integer' })
  @IsInt()
  @Min(1)
  attempt!: number;
}

/** Claims that are given back; each stands alone. */
export class ReleaseDto {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_ITEMS)
  @ValidateNested({ each: true })
  @Type(() => ReleasedClaimDto)
  items!: ReleasedClaimDto[];
}
