import type { FastifyInstance } from 'fastify';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const ROOT = new URL('../../', import.meta.url);

const { resolve } = createRequire(import.meta.url);

/** Socket.IO's own client, of the same version as the server. */
const SOCKET_IO = new URL('client-dist/', pathToFileURL(resolve('socket.io/package.json')));

const CSS = 'text/css; charset=utf-8';
const HTML = 'text/html; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';

/** They find each other by these paths, which are also those of the files. */
const MODULES = [
  '/console/asking-taskwire.js',
  '/console/console.js',
  '/console/element.js',
  '/console/task-history.js',
  '/console/task-list.js',
  '/console/token-field.js',
  '/clients/js/taskwire.js',
  '/clients/js/taskwire-error.js',
  '/clients/js/following.js',
  '/clients/js/event-stream.js',
];

/** All that there is, by its path: whatever else is asked for is not there. */
const FILES: readonly [path: string, file: URL, type: string][] = [
  ['/', new URL('console/index.html', ROOT), HTML],
  ['/console/console.css', new URL('console/console.css', ROOT), CSS],
  ['/console/socket.io.js', new URL('socket.io.esm.min.js', SOCKET_IO), SCRIPT],
  ...MODULES.map((path): [string, URL, string] => [path, new URL(`.${path}`, ROOT), SCRIPT]),
];

/**
 * Serves the console as `GET /`, with all that it needs; nothing comes from elsewhere. Browsers keep the files, and ask
 * each time whether they are still the same. Throws where one is missing: then the installation is not whole.
 */
export function serveConsole(fastify: FastifyInstance): void {
  for (const [path, file, type] of FILES) {
    const content = readFileSync(file);
    const tag = `"${createHash('sha256').update(content).digest('base64url')}"`;
    fastify.get(path, (request, reply) => {
      void reply.header('etag', tag).header('cache-control', 'no-cache');
      const known = request.headers['if-none-match']?.split(/\s*,\s*/) ?? [];
      return known.includes(tag) || known.includes(`W/${tag}`)
        ? reply.status(304).send()
        : reply.type(type).send(content);
    });
  }
}
