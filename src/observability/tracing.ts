import {
  context,
  isSpanContextValid,
  propagation,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
} from '@opentelemetry/api';
import type { IncomingHttpHeaders } from 'node:http';
import type { TracingConfig } from '../config/config.js';

/**
 * Sends traces to a collector from now on; before, and without it, every span is a no-op. Gives what sends the rest and
 * stops.
 */
export async function startTracing({ endpoint }: TracingConfig, role: string): Promise<() => Promise<void>> {
  // Loaded on demand: most installations never need them.
  const [{ BatchSpanProcessor, NodeTracerProvider }, { OTLPTraceExporter }, { resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/sdk-trace-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/$/, '')}/v1/traces`,
    timeoutMillis: 5_000,
  });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'taskwire', 'taskwire.role': role }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  provider.register();
  return () => provider.shutdown();
}

/**
 * Runs work inside a span: a child of `parent` (a `traceparent`, for work that came by a record), else of the current
 * one. What the work throws is noted on the span and thrown on.
 */
export function withSpan<Result>(
  name: string,
  attributes: Attributes,
  work: () => Promise<Result>,
  parent: string | null = null,
): Promise<Result> {
  return trace
    .getTracer('taskwire')
    .startActiveSpan(name, { attributes }, contextOf(parent), async (span) => {
      try {
        return await work();
      } catch (error) {
        span.recordException(error instanceof Error ? error : String(error));
        span.setStatus({ code: SpanStatusCode.ERROR });
        throw error;
      } finally {
        span.end();
      }
    });
}

/** The OpenTelemetry context in which `traceparent` is the current span; null leaves the current one. */
export function contextOf(traceparent: string | null): Context {
  return traceparent === null ? context.active() : propagation.extract(context.active(), { traceparent });
}

/** The W3C `traceparent` of the current span, null outside of one and while tracing is off. */
export function currentTraceparent(): string | null {
  const span = trace.getActiveSpan()?.spanContext();
  if (span === undefined || !isSpanContextValid(span)) return null;
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`;
}

/** The id of the current trace, null outside of one and while tracing is off. */
export function currentTraceId(): string | null {
  return currentTraceparent()?.split('-')[1] ?? null;
}

/**
 * What goes into the records that a request brings about: the request's span; while tracing is off, the caller's own
 * `traceparent` if it is valid, so that a trace goes on on the other side of us.
 */
export function traceparentOf(request: { headers: IncomingHttpHeaders }): string | null {
  return currentTraceparent() ?? validTraceparent(request.headers['traceparent']);
}

/** W3C Trace Context, level 1: version, trace id, parent id, flags. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The value if it is a well-formed `traceparent`, else null. */
export function validTraceparent(value: unknown): string | null {
  return typeof value === 'string' && TRACEPARENT.test(value) ? value : null;
}
