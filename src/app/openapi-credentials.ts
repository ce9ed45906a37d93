import type { OpenAPIObject } from '@nestjs/swagger';

/** Says of every operation that needs them what credentials it takes; health and metrics need none. */
export function describeCredentials(document: OpenAPIObject): void {
  document.components ??= {};
  document.components.securitySchemes = {
    bearer: {
      type: 'http',
      scheme: 'bearer',
      description: 'A JWT, an API key, or a token that Taskwire made',
    },
    token: { type: 'apiKey', in: 'query', name: 'token', description: 'The same, for streams' },
  };
  for (const [path, { get, post }] of Object.entries(document.paths)) {
    if (!path.startsWith('/v1/')) continue;
    if (post) post.security = [{ bearer: [] }];
    if (get) get.security = path.endsWith('/stream') ? [{ bearer: [] }, { token: [] }] : [{ bearer: [] }];
  }
}
