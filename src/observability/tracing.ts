import {
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
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
 * Runs work that serves one or several traces: inside a span in each of them, a child of its `traceparent`; null stands
 * for a trace of its own. What the work throws is noted on the spans and thrown on. Costs next to nothing while tracing
 * is off.
 */
export async function withSpan<Result>(
  name: string,
  attributes: Attributes,
  work: () => Promise<Result>,
  traceparents: readonly (string | null)[] = [null],
): Promise<Result> {
  const tracer = trace.getTracer('taskwire');
  const spans = [...new Set(traceparents)].map((parent) =>
    tracer.startSpan(name, { attributes }, contextOf(parent, ROOT_CONTEXT)),
  );
  try {
    return await work();
  } catch (error) {
    for (const span of spans) {
      span.recordException(error instanceof Error ? error : String(error));
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    throw error;
  } finally {
    for (const span of spans) span.end();
  }
}

/** `base` with the span of `traceparent` as the current one; null leaves it as it is. */
export function contextOf(traceparent: string | null, base: Context): Context {
  return traceparent === null ? base : propagation.extract(base, { traceparent });
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
