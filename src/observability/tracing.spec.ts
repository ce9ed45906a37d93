import { context, propagation, trace } from '@opentelemetry/api';
import { fastify } from 'fastify';
import { TraceCollector } from '../../test/support/trace-collector.js';
import { traceRequests } from './observe-requests.js';
import { currentTraceparent, startTracing, traceparentOf, validTraceparent, withSpan } from './tracing.js';

const INCOMING = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

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
    expect(currentTraceparent()).toBeNull();
    expect(await withSpan('work', {}, () => Promise.resolve('done'), [INCOMING])).toBe('done');
  });
});

describe('while tracing is on', () => {
  let collector: TraceCollector;
  let stop: () => Promise<void>;

  beforeEach(async () => {
    collector = await TraceCollector.start();
    stop = await startTracing({ endpoint: `${collector.url}/` }, 'all');
  });

  afterEach(async () => {
    await stop();
    trace.disable();
    context.disable();
    propagation.disable();
    await collector.close();
  });

  it('puts work into each of the traces that it serves, once, and sends that at the stop', async () => {
    const other = INCOMING.replaceAll('0e', '1e');
    await withSpan('work', { size: 3 }, () => Promise.resolve(), [INCOMING, other, INCOMING]);
    await stop();
    expect(collector.spans).toMatchObject([
      { name: 'work', traceId: '4bf92f3577b34da6a3ce929d0e0e4736', parentSpanId: '00f067aa0ba902b7' },
      { name: 'work', traceId: other.split('-')[1] },
    ]);
  });

  it('gives work that serves no trace one of its own, whatever request is being answered', async () => {
    const current = trace.setSpanContext(context.active(), {
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      traceFlags: 1,
    });
    await context.with(current, () => withSpan('work', {}, () => Promise.resolve()));
    await stop();
    expect(collector.spans).toHaveLength(1);
    expect(collector.spans[0]?.traceId).not.toBe('4bf92f3577b34da6a3ce929d0e0e4736');
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
    expect(collector.spans).toMatchObject([{ name: 'POST /v1/tasks', parentSpanId: '00f067aa0ba902b7' }]);
    expect(traceparent).toBe(`00-4bf92f3577b34da6a3ce929d0e0e4736-${collector.spans[0]?.spanId}-01`);
  });

  it('marks a span whose work failed, and lets the error through', async () => {
    await expect(withSpan('work', {}, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await stop();
    expect(collector.spans).toMatchObject([{ name: 'work', status: { code: 2 } }]);
  });
});
