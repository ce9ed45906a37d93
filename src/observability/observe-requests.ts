import { context, SpanKind, SpanStatusCode, trace, type Context } from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Metrics } from './metrics.js';
import { contextOf, validTraceparent } from './tracing.js';

/** Measures every request under its route, never its path: paths hold ids, and queries tokens. */
export function measureRequests(fastify: FastifyInstance, metrics: Metrics): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    const labels = { method: request.method, route: routeOf(request), status: reply.statusCode };
    metrics.httpDuration.observe(labels, reply.elapsedTime / 1000);
    done();
  });
}

/** Gives every request a span, a child of the caller's `traceparent`, which is current in everything that answers it. */
export function traceRequests(fastify: FastifyInstance): void {
  const contexts = new WeakMap<FastifyRequest, Context>();
  const tracer = trace.getTracer('taskwire');

  fastify.addHook('onRequest', (request, _, done) => {
    const parent = contextOf(validTraceparent(request.headers['traceparent']), context.active());
    const span = tracer.startSpan(`${request.method} ${routeOf(request)}`, { kind: SpanKind.SERVER }, parent);
    contexts.set(request, trace.setSpan(parent, span));
    done();
  });

  // Not before: the events of a body that is being read belong to its connection, and would lose the context.
  fastify.addHook('preHandler', (request, _, done) => {
    context.with(contexts.get(request) ?? context.active(), done);
  });

  fastify.addHook('onResponse', (request, reply, done) => {
    const span = trace.getSpan(contexts.get(request) ?? context.active());
    span?.setAttributes({
      'http.request.method': request.method,
      'http.route': routeOf(request),
      'http.response.status_code': reply.statusCode,
    });
    if (reply.statusCode >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
    span?.end();
    done();
  });
}

function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? 'none';
}
