import type { SecurityHeadersOptions } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import { AuditLog } from '../audit/audit-log.js';
import { auditRefusals } from '../audit/audit-refusals.js';
import { Admission } from '../auth/admission.js';
import { refuseFloods } from '../auth/refuse-floods.js';
import type { Config } from '../config/config.js';
import { AppError } from '../errors/app-error.js';
import { ProblemFilter, sendProblem } from '../errors/problem.filter.js';
import { RequestValidationPipe } from '../errors/validation.pipe.js';
import { SocketIoAdapter } from '../gateway/socket-io.adapter.js';
import { OwnerLimits } from '../limits/owner-limits.js';
import { Metrics } from '../observability/metrics.js';
import { measureRequests, traceRequests } from '../observability/observe-requests.js';
import { serveAsyncApi } from './async-api.js';
import { answerClientError } from './client-errors.js';
import { serveDocsPage } from './docs-page.js';
import { jsonBodyParser } from './json-bodies.js';
import { serveOpenApi } from './openapi.js';
import { foreignHost, foreignOrigin } from './origin-rules.js';

/** The largest body of a request, in bytes. */
const BODY_LIMIT = 16 * 1024 * 1024;

/** How long, in milliseconds, a request may take to arrive, its headers alone as well. An answer may take longer: some wait for a task. */
const REQUEST_TIMEOUT = 30_000;

/** How often Node looks for requests that take too long, in milliseconds: so much longer they may take. */
const TIMEOUT_CHECK_INTERVAL = 5_000;

/** More connections than this are turned away, so that a flood cannot use up the process's file descriptors. */
const MAX_CONNECTIONS = 10_000;

/** How often connections without a request are closed during a drain, in milliseconds. */
const SWEEP_INTERVAL = 100;

/**
 * What helmet would say, less what presumes TLS (a loopback address has none, and elsewhere a proxy says it) and what no browser
 * of today listens to: each header costs every answer something.
 */
const SECURITY_HEADERS: SecurityHeadersOptions = {
  contentSecurityPolicy: {
    directives: {
      styleSrc: ["'self'", "'unsafe-inline'"],
      fontSrc: ["'self'"],
      upgradeInsecureRequests: null,
    },
  },
  strictTransportSecurity: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
};

/** The HTTP server: Fastify, with limits, and with problem documents for what it refuses by itself. */
export function createHttpAdapter(): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT,
    http: { connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL, headersTimeout: REQUEST_TIMEOUT },
    // Answers until the last connection is closed, so that a drain refuses nobody.
    return503OnClosing: false,
    genReqId: () => randomUUID(),
    // A path that cannot be decoded or is too long names nothing that exists.
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      sendProblem(new AppError('not_found', error.message, { cause: error }), request, reply);
    },
    clientErrorHandler: answerClientError,
  });
  adapter.getHttpServer().maxConnections = MAX_CONNECTIONS;
  return adapter;
}

/** Everything that holds for all requests: who may call, what is checked, how errors look, what is measured. */
export function configureHttp(app: NestFastifyApplication, config: Config): void {
  const fastify = app.getHttpAdapter().getInstance();
  const { corsOrigins } = config.http;

  nameRequests(fastify);
  measureRequests(fastify, app.get(Metrics));
  if (config.tracing) traceRequests(fastify);

  if (config.role !== 'worker') auditRefusals(fastify, app.get(AuditLog));

  if (config.limits.requestsPerSecond !== null)
    refuseFloods(fastify, app.get(Admission), app.get(OwnerLimits));

  app.useSecurityHeaders(SECURITY_HEADERS);
  if (corsOrigins.length > 0) allowPages(app, corsOrigins);
  // With credentials it is they that count: a page has to be given them.
  if (config.auth.kind === 'none') refuseStrangers(fastify, corsOrigins);
  app.useWebSocketAdapter(
    new SocketIoAdapter(app, {
      corsOrigins,
      isAllowed: ({ headers, socket }) => {
        const isAllowed =
          foreignOrigin(headers, corsOrigins) === null &&
          (config.auth.kind !== 'none' || foreignHost(headers) === null);
        const address = socket.remoteAddress ?? '';
        const refusal = { caller: null, address, action: 'socket connect', target: null } as const;
        if (!isAllowed) app.get(AuditLog).refused({ ...refusal, code: 'forbidden' });
        return isAllowed;
      },
    }),
  );

  acceptJsonOnly(app);
  refuseEncodings(fastify);
  takeNoBodyForNone(fastify);
  app.useGlobalPipes(new RequestValidationPipe());
  app.useGlobalFilters(new ProblemFilter());

  serveOpenApi(app, config);
  serveAsyncApi(fastify);
  serveDocsPage(fastify);
}

/**
 * Closes the application once the requests in flight are answered. One that still is not after `graceSeconds`, because
 * its sender or reader is too slow, is cut off: nobody outside can keep a process from ending.
 */
export async function closeApp(app: NestFastifyApplication, graceSeconds: number): Promise<void> {
  const impatience = setTimeout(() => {
    app.getHttpServer().closeAllConnections();
  }, graceSeconds * 1000);
  // Node closes the connections that are idle when the server closes, and keeps those that are later.
  const sweep = setInterval(() => {
    app.getHttpServer().closeIdleConnections();
  }, SWEEP_INTERVAL);
  try {
    await app.close();
  } finally {
    clearTimeout(impatience);
    clearInterval(sweep);
  }
}

/** Lets pages of other origins read our answers. Credentials are sent in a header that scripts set, never in cookies. */
function allowPages(app: NestFastifyApplication, origins: readonly string[]): void {
  app.enableCors({
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST'],
    exposedHeaders: ['Location', 'Idempotency-Replayed', 'Retry-After', 'X-Request-Id'],
    maxAge: 600,
  });
}

function refuseStrangers(fastify: FastifyInstance, origins: readonly string[]): void {
  fastify.addHook('onRequest', (request, _, done) => {
    const reason = foreignHost(request.headers) ?? foreignOrigin(request.headers, origins);
    done(reason === null ? undefined : new AppError('forbidden', reason));
  });
}

/** The application is made with `bodyParser: false`: Nest would read forms, and Fastify reads plain text. */
function acceptJsonOnly(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.removeContentTypeParser('text/plain');
  app.useBodyParser('application/json', { bodyLimit: BODY_LIMIT }, jsonBodyParser(fastify));
}

/** Bodies are taken as they are: what a compressed one holds may be a thousand times what was sent. */
function refuseEncodings(fastify: FastifyInstance): void {
  fastify.addHook('preParsing', ({ headers }, _reply, payload, done) => {
    const encoding = headers['content-encoding'];
    if (encoding === undefined || encoding.toLowerCase() === 'identity') done(null, payload);
    else done(new AppError('unsupported_media_type', 'Bodies must not be compressed.'));
  });
}

/** Many clients name a type with every request: without a body it means nothing, where Fastify would refuse an empty one. */
function takeNoBodyForNone(fastify: FastifyInstance): void {
  fastify.addHook('preParsing', ({ raw: { headers } }, _reply, payload, done) => {
    if ((headers['content-length'] ?? '0') === '0' && headers['transfer-encoding'] === undefined)
      delete headers['content-type'];
    done(null, payload);
  });
}

/** The id under which the log tells of a request. */
function nameRequests(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    done();
  });
}
