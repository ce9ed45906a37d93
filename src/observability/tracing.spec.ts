import { context, propagation, trace } from '@opentelemetry/api';
import { fastify } from 'fastify';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { traceRequests } from './observe-requests.js';
import { currentTraceparent, startTracing, traceparentOf, validTraceparent, withSpan } from './tracing.js';

const INCOMING = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

interface ExportedSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  status: { code: number };
}

describe('validTraceparent', () => {
  it('takes a well-formed one', () => {
    expect(validTraceparent(INCOMING)).toBe(INCOMING);
  });

  it.each([
    undefined,
    '',
    [INCOMING],
    `${INCOMING}, ${INCOMING}`,
    INCOMING.toUpperCase(),
    INCOMING.replace('00-', 'ff-'),
    INCOMING.replace('4bf92f3577b34da6a3ce929d0e0e4736', '0'.repeat(32)),
    INCOMING.replace('00f067aa0ba902b7', '0'.repeat(16)),
    `${INCOMING}\r\nx: y`,
  ])('refuses %j', (value) => {
    expect(validTraceparent(value)).toBeNull();
  });
});

describe('while tracing is off', () => {
  it("carries the caller's traceparent, and makes none", async () => {
    expect(traceparentOf({ headers: { traceparent: INCOMING } })).toBe(INCOMING);
    expect(traceparentOf({ headers: { traceparent: 'nonsense' } })).toBeNull();
    expect(await withSpan('work', {}, () => Promise.resolve(currentTraceparent()))).toBeNull();
  });
});

describe('while tracing is on', () => {
  let collector: Server;
  let spans: ExportedSpan[];
  let stop: () => Promise<void>;

  beforeEach(async () => {
    spans = [];
    collector = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString()) as {
          resourceSpans: { scopeSpans: { spans: ExportedSpan[] }[] }[];
        };
        spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
        response.setHeader('content-type', 'application/json').end('{}');
      });
    });
    await new Promise<void>((listening) => collector.listen(0, '127.0.0.1', listening));
    const { port } = collector.address() as AddressInfo;
    stop = await startTracing({ endpoint: `http://127.0.0.1:${port}/` }, 'all');
  });

  afterEach(async () => {
    await stop();
    trace.disable();
    context.disable();
    propagation.disable();
    collector.closeAllConnections();
    await new Promise((closed) => collector.close(closed));
  });

  it("makes a span a child of the caller's, current in its work, and sends it at the stop", async () => {
    const inside = await withSpan(
      'work',
      { size: 1 },
      () => Promise.resolve(traceparentOf({ headers: {} })),
      INCOMING,
    );
    expect(inside).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/);
    expect(inside).not.toBe(INCOMING);
    await stop();
    expect(spans).toMatchObject([
      { name: 'work', traceId: '4bf92f3577b34da6a3ce929d0e0e4736', parentSpanId: '00f067aa0ba902b7' },
    ]);
  });

  it("answers a request inside a span of its own, a child of the caller's, also once its body was read", async () => {
    const server = fastify();
    traceRequests(server);
    server.post('/v1/tasks', (request) => Promise.resolve({ traceparent: traceparentOf(request) }));
    const url = await server.listen({ port: 0, host: '127.0.0.1' });
    const headers = { 'content-type': 'application/json', traceparent: INCOMING };
    const response = await fetch(`${url}/v1/tasks`, { method: 'POST', headers, body: '{"payload":{}}' });
    const { traceparent } = (await response.json()) as { traceparent: string };
    await server.close();
    await stop();
    expect(spans).toMatchObject([{ name: 'POST /v1/tasks', parentSpanId: '00f067aa0ba902b7' }]);
    expect(traceparent).toBe(`00-4bf92f3577b34da6a3ce929d0e0e4736-${spans[0]?.spanId}-01`);
  });

  it('marks a span whose work failed, and lets the error through', async () => {
    await expect(withSpan('work', {}, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await stop();
    expect(spans).toMatchObject([{ name: 'work', status: { code: 2 } }]);
  });
});
