import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { CheckResult, Dependency, HealthReport } from './health-registry.js';

const STATUS = { enum: ['ok', 'degraded', 'failed'] };

/** How one dependency is. */
@ApiSchema({ name: 'Dependency' })
export class DependencyResponse implements Dependency {
  @ApiProperty({ example: 'database' })
  name!: string;

  @ApiProperty({
    ...STATUS,
    description: 'degraded: something is missing, and the process goes on without it',
  })
  status!: CheckResult['status'];

  @ApiProperty({ required: false, type: String })
  detail?: string;
}

/** Whether the process can do its work. */
@ApiSchema({ name: 'Readiness' })
export class ReadinessResponse implements HealthReport {
  @ApiProperty({ ...STATUS, description: 'The worst of the dependencies' })
  status!: CheckResult['status'];

  @ApiProperty({ type: [DependencyResponse] })
  dependencies!: DependencyResponse[];
}

/** Says only that the process answers. */
@ApiSchema({ name: 'Liveness' })
export class LivenessResponse {
  @ApiProperty({ enum: ['ok'] })
  status!: 'ok';
}
