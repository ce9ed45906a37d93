import type { FastifyInstance } from 'fastify';
import { readFileSync } from 'node:fs';

const CONTRACTS = new URL('../../contracts/', import.meta.url);

const FILES = {
  'asyncapi.yaml': 'application/yaml; charset=utf-8',
  'request.schema.json': 'application/schema+json',
  'result.schema.json': 'application/schema+json',
  'dead-letter.schema.json': 'application/schema+json',
} as const;

/**
 * Serves the description of topics and socket events as `GET /asyncapi.yaml`, and beside it the JSON Schemas that it
 * refers to. Throws where they are missing: then the installation is not whole.
 */
export function serveAsyncApi(fastify: FastifyInstance): void {
  for (const [file, type] of Object.entries(FILES)) {
    const text = readFileSync(new URL(file, CONTRACTS), 'utf8');
    fastify.get(`/${file}`, (_, reply) => reply.type(type).send(text));
  }
}
