import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { HealthModule } from './health.module.js';
import { HealthRegistry, type CheckResult } from './health-registry.js';

const ok = () => Promise.resolve<CheckResult>({ status: 'ok' });
const down = () => Promise.reject(new Error('connect ECONNREFUSED secret-host'));
const hanging = () => new Promise<CheckResult>(() => undefined);

let app: NestFastifyApplication;
let registry: HealthRegistry;

beforeEach(async () => {
  jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const module = await Test.createTestingModule({ imports: [HealthModule] }).compile();
  app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  await app.listen(0, '127.0.0.1');
  registry = app.get(HealthRegistry);
});

afterEach(async () => {
  await app.close();
  jest.restoreAllMocks();
});

async function ready() {
  const response = await fetch(`${await app.getUrl()}/health/ready`);
  return { statusCode: response.status, report: await response.json() };
}

describe('readiness', () => {
  it('is 200 with a line for each dependency while all are well', async () => {
    registry.register({ name: 'database', required: true, check: ok });
    registry.register({ name: 'transport', required: false, check: ok });
    expect(await ready()).toEqual({
      statusCode: 200,
      report: {
        status: 'ok',
        dependencies: [
          { name: 'database', status: 'ok' },
          { name: 'transport', status: 'ok' },
        ],
      },
    });
  });

  it('is 503 when something required fails, and does not tell strangers why', async () => {
    registry.register({ name: 'database', required: true, check: down });
    const { statusCode, report } = await ready();
    expect(statusCode).toBe(503);
    expect(report).toMatchObject({
      status: 'failed',
      dependencies: [{ name: 'database', status: 'failed' }],
    });
    expect(JSON.stringify(report)).not.toContain('secret-host');
  });

  it('is 200 and degraded when only something else fails', async () => {
    registry.register({ name: 'database', required: true, check: ok });
    registry.register({ name: 'transport', required: false, check: down });
    expect(await ready()).toMatchObject({
      statusCode: 200,
      report: {
        status: 'degraded',
        dependencies: [{ status: 'ok' }, { name: 'transport', status: 'degraded' }],
      },
    });
  });

  it('does not hang on a dependency that does', async () => {
    registry.register({ name: 'database', required: true, check: hanging });
    const before = performance.now();
    expect(await ready()).toMatchObject({
      statusCode: 503,
      report: { dependencies: [{ status: 'failed' }] },
    });
    expect(performance.now() - before).toBeLessThan(3_000);
  });
});

describe('liveness', () => {
  it('is 200 whatever the dependencies do', async () => {
    registry.register({ name: 'database', required: true, check: hanging });
    expect((await fetch(`${await app.getUrl()}/health/live`)).status).toBe(200);
  });
});
