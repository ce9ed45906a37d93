import type { FastifyInstance } from 'fastify';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Taskwire API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="api"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</html>
`;

const START = `SwaggerUIBundle({ url: '/openapi.json', domNode: document.getElementById('api') });\n`;

/** Serves `GET /docs`, Swagger UI over /openapi.json; all of it from here, nothing from a CDN. */
export function serveDocsPage(fastify: FastifyInstance): void {
  const { resolve } = createRequire(import.meta.url);
  fastify.get('/docs', (_, reply) => reply.type('text/html; charset=utf-8').send(PAGE));
  fastify.get('/docs/start.js', (_, reply) => reply.type('text/javascript; charset=utf-8').send(START));
  for (const [file, type] of [
    ['swagger-ui.css', 'text/css; charset=utf-8'],
    ['swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
  ] as const) {
    const path = resolve(`swagger-ui-dist/${file}`);
    fastify.get(`/docs/${file}`, async (_, reply) => reply.type(type).send(await readFile(path)));
  }
}
