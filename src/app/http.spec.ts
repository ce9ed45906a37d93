import {
  Body,
  Controller,
  Get,
  HttpCode,
  Logger,
  Module,
  Param,
  Post,
  Req,
  type RawBodyRequest,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { jest } from '@jest/globals';
import { IsObject } from 'class-validator';
import type { FastifyRequest } from 'fastify';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { loadConfig } from '../config/load-config.js';
import { AppError } from '../errors/app-error.js';
import { AuditLog } from '../audit/audit-log.js';
import { Metrics } from '../observability/metrics.js';
import { MetricsController } from '../observability/metrics.controller.js';
import { configureHttp, createHttpAdapter } from './http.js';

class EchoDto {
  @IsObject()
  payload!: object;
}

@Controller('v1/things')
class ThingsController {
  @Post()
  @HttpCode(202)
  echo(@Body() _: EchoDto, @Req() request: RawBodyRequest<FastifyRequest>): { text: string } {
    return { text: request.rawBody?.toString() ?? '' };
  }

  @Post(':id/cancel')
  cancel(): object {
    return {};
  }

  @Get(':id')
  get(@Param('id') id: string): object {
    if (id === 'mistake') throw new TypeError('hush');
    if (id === 'down') throw Object.assign(new Error('hush'), { code: 'ECONNREFUSED' });
    if (id === 'stranger') throw new AppError('unauthorized', 'Who are you?');
    if (id === 'known') return { id };
    throw new AppError('not_found', `No ${id}.`);
  }
}

@Module({
  controllers: [ThingsController, MetricsController],
  providers: [Metrics, { provide: AuditLog, useValue: { refused: () => undefined } }],
})
class ThingsModule {}

const config = loadConfig({
  DATABASE_URL: 'postgres://nobody@127.0.0.1/none',
  KAFKA_BROKERS: '127.0.0.1:1',
  CORS_ORIGINS: 'https://app.example.org',
});

let app: NestFastifyApplication;
let url: string;

beforeAll(async () => {
  app = await NestFactory.create<NestFastifyApplication>(ThingsModule, createHttpAdapter(), {
    rawBody: true,
    bodyParser: false,
    logger: false,
  });
  configureHttp(app, config);
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
});

afterAll(async () => {
  await app.close();
});

interface Answer {
  status: number;
  headers: Headers;
  text: string;
  json: unknown;
}

async function request(path: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(`${url}${path}`, init);
  const text = await response.text();
  const isJson = text !== '' && /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : null };
}

function post(path: string, body: string, type = 'application/json', headers = {}): Promise<Answer> {
  return request(path, {
    method: 'POST',
    body,
    headers: { 'content-type': type, ...headers },
  });
}

/** Sends bytes as they are, and gives the answer's, once the server has closed the connection. */
async function raw(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write(bytes);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}

describe('what is taken', () => {
  it('is JSON, whose exact text the handlers can read', async () => {
    const text = '{ "payload": {"id": 9007199254740993} }';
    expect(await post('/v1/things', text)).toMatchObject({ status: 202, json: { text } });
  });

  it.each(['application/json', 'application/x-www-form-urlencoded'])(
    'is no body where none is needed, also from clients that say that it is %s',
    async (type) => {
      expect((await post('/v1/things/1/cancel', '', type)).status).toBe(201);
      expect(await post('/v1/things', '', type)).toMatchObject({
        status: 400,
        json: { code: 'invalid_request', errors: [{ path: 'payload' }] },
      });
    },
  );

  it('is a body of up to 16 MiB', async () => {
    const body = (bytes: number) => `{"payload":{"a":"${'x'.repeat(bytes - 20)}"}}`.padEnd(bytes);
    expect((await post('/v1/things', body(16 * 1024 * 1024))).status).toBe(202);
    expect(await post('/v1/things', body(16 * 1024 * 1024 + 1))).toMatchObject({
      status: 413,
      json: { code: 'payload_too_large' },
    });
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=a',
    'application/xml',
  ])('is not %s', async (type) => {
    expect(await post('/v1/things', 'payload=1', type)).toMatchObject({
      status: 415,
      json: { code: 'unsupported_media_type' },
    });
  });
});

describe('a body that is too large', () => {
  const TOO_MUCH = 64 * 1024 * 1024;

  /** Sends a head and, however long nobody reads on, a body, and only then looks for an answer, as simple clients do. */
  async function answerAfter(head: string[], body: string): Promise<string> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let answer = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
    const lines = ['POST /v1/things HTTP/1.1', 'Host: localhost', 'Content-Type: application/json', ...head];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    // What is sent to a connection that is closed already is answered by a reset.
    await setTimeout(50);
    for (let sent = 0; sent < TOO_MUCH; sent += body.length)
      await new Promise<void>((resolve, reject) =>
        socket.write(body, (error) => {
          if (error) reject(error);
          else resolve();
        }),
      );
    socket.end();
    await once(socket, 'close');
    return answer;
  }

  it.each([
    ['', []],
    [', by a client that wants the connection closed', ['Connection: close']],
  ])('is told so also where all of it is sent before the answer is read%s', async (_, more) => {
    const answer = await answerAfter([`Content-Length: ${TOO_MUCH}`, ...more], 'x'.repeat(1024 * 1024));
    expect(answer).toMatch(/^HTTP\/1\.1 413 [^]*"code":"payload_too_large"/);
  });

  it('is not read for ever', async () => {
    const head = `POST /v1/things HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json`;
    const answer = await raw(`${head}\r\nContent-Length: ${TOO_MUCH}\r\n\r\n{`);
    expect(answer.match(/^HTTP\/1\.1 \d+/gm)).toEqual(['HTTP/1.1 413']);
  });
});

describe('errors', () => {
  it.each([
    ['', 'no body'],
    ['{"payload"', 'no JSON'],
    ['[]', 'no object'],
    ['{"payload":1}', 'a wrong value'],
    ['{"payload":{},"more":1}', 'an unknown field'],
    ['{"payload":{"__proto__":1}}', 'a prototype'],
  ])('tell that %j is not valid: %s', async (body) => {
    const { status, headers, json } = await post('/v1/things', body);
    expect(status).toBe(400);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(json).toMatchObject({ code: 'invalid_request', status: 400, instance: '/v1/things' });
  });

  it('tell which names are not taken', async () => {
    const { json } = await post('/v1/things', '{"payload":{"constructor":{"prototype":1}}}');
    expect(json).toMatchObject({ detail: 'Nothing may be called __proto__, or prototype in a constructor.' });
  });

  it('look the same for everything that is not there: an id, a path, one that cannot be decoded or is too long', async () => {
    const paths = [
      '/v1/things/1',
      '/v1/nothing?token=hush',
      '/v1/things/%zz',
      `/v1/things/${'x'.repeat(5000)}`,
      '/v1//things/1',
    ];
    const answers = await Promise.all(paths.map((path) => request(path)));
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect((await request('/v1/things/known', { method: 'DELETE' })).text).toBe(answers[0]?.text);
  });

  it('hide what went wrong inside', async () => {
    const { status, json, text } = await request('/v1/things/mistake?token=secret');
    expect([status, json]).toMatchObject([500, { code: 'internal_error', instance: '/v1/things/mistake' }]);
    expect(text).not.toMatch(/hush|secret/);
  });

  it('log what went wrong inside, with the id that the caller got, and without the query', async () => {
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const { headers } = await request('/v1/things/mistake?token=secret');
    expect(error).toHaveBeenCalledWith({
      message: 'A request failed',
      requestId: headers.get('x-request-id'),
      method: 'GET',
      path: '/v1/things/mistake',
      err: expect.objectContaining({ message: 'hush' }) as unknown,
    });
    error.mockRestore();
  });

  it('say when trying again helps, and how to be known', async () => {
    const down = await request('/v1/things/down');
    expect([down.status, down.headers.get('retry-after'), down.json]).toMatchObject([
      503,
      '1',
      { code: 'unavailable' },
    ]);
    const stranger = await request('/v1/things/stranger');
    expect([stranger.status, stranger.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  });

  it('answer even what is not HTTP', async () => {
    const answer = await raw('NONSENSE\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain('"code":"invalid_request"');
  });
});

describe('who may call', () => {
  it('is no page of a foreign origin, and no page whose name was rebound to us', async () => {
    const foreign = await post('/v1/things/1/cancel', '{}', 'application/json', {
      origin: 'https://evil.example',
    });
    expect([foreign.status, foreign.json]).toMatchObject([403, { code: 'forbidden' }]);
    const rebound = await raw(
      'GET /v1/things/known HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
    );
    expect(rebound).toMatch(/^HTTP\/1\.1 403 /);
  });

  it('is a page of an origin that CORS_ORIGINS lists, which may read the answer', async () => {
    const origin = 'https://app.example.org';
    const answer = await post('/v1/things', '{"payload":{}}', 'application/json', { origin });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([202, origin]);
    const preflight = await request('/v1/things', {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'idempotency-key',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toBe('idempotency-key');
  });

  it('is no page that CORS_ORIGINS does not list, also when it asks first', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    const preflight = await request('/v1/things', { method: 'OPTIONS', headers });
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('every answer', () => {
  it('carries the headers that protect browsers, errors as well', async () => {
    for (const path of ['/v1/things/known', '/nowhere', '/docs']) {
      const { headers } = await request(path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
      expect(headers.get('content-security-policy')).toContain("script-src 'self';");
      expect(headers.get('content-security-policy')).not.toContain('upgrade-insecure-requests');
    }
  });

  it('to HEAD is that to GET without its body', async () => {
    expect(await request('/v1/things/known', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  });

  it('is measured under its route', async () => {
    await request('/v1/things/known?token=hush');
    const { headers, text } = await request('/metrics');
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text).toContain(
      'taskwire_http_request_duration_seconds_count{method="GET",route="/v1/things/:id",status="200"}',
    );
    expect(text).not.toMatch(/hush|known/);
  });
});

describe('the description of the API', () => {
  it('lists the operations, the problems of each, and all error codes', async () => {
    const { json } = await request('/openapi.json');
    expect(json).toMatchObject({
      paths: {
        '/v1/things/{id}': {
          get: {
            responses: {
              404: {
                description: '`not_found`: Not found',
                content: {
                  'application/problem+json': {
                    schema: {
                      allOf: [
                        { $ref: '#/components/schemas/Problem' },
                        { properties: { code: { enum: ['not_found'] } } },
                      ],
                    },
                  },
                },
              },
            },
          },
        },
      },
      components: {
        schemas: {
          Problem: { properties: { code: { enum: expect.arrayContaining(['not_found']) as unknown } } },
        },
      },
    });
  });

  it('can be read at /docs, with nothing from elsewhere', async () => {
    const { text } = await request('/docs');
    const assets = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '');
    expect(assets).toHaveLength(3);
    for (const path of assets) expect((await request(path)).status).toBe(200);
  });
});
