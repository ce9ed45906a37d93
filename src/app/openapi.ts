import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ERRORS } from '../errors/app-error.js';

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
type PathItem = OpenAPIObject['paths'][string];

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** Serves the description of the API, made from the code, as `GET /openapi.json`. */
export function serveOpenApi(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    ui: false,
    raw: ['json'],
    jsonDocumentUrl: 'openapi.json',
  });
}

/** The description of the API; every operation may answer with a problem document. */
export function openApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const about = new DocumentBuilder()
    .setTitle('Taskwire')
    .setDescription('Tasks over REST, through topics, to compute workers, and back to the browser.')
    .setVersion('1')
    .build();
  const document = SwaggerModule.createDocument(app, about);
  document.components = { ...document.components, schemas: { ...document.components?.schemas, ...PROBLEM } };
  for (const path of Object.values(document.paths)) addProblem(path);
  return document;
}

function addProblem(path: PathItem): void {
  for (const method of METHODS) {
    const operation = path[method];
    if (operation === undefined) continue;
    operation.responses['default'] = {
      description: 'What went wrong',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    };
  }
}

const CODES = Object.entries(ERRORS).map(
  ([code, { status, title }]) => `- \`${code}\` (${status}): ${title}`,
);

const PROBLEM: Schemas = {
  Problem: {
    type: 'object',
    description: `An error, as RFC 9457 has it. \`code\` is one of:\n\n${CODES.join('\n')}`,
    required: ['type', 'title', 'status', 'detail', 'code'],
    properties: {
      type: { type: 'string', example: 'urn:taskwire:error:task_terminal' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string' },
      code: { type: 'string', enum: Object.keys(ERRORS) },
      instance: { type: 'string', description: 'The path of the request; a 404 has none' },
      errors: {
        type: 'array',
        items: {
          type: 'object',
          required: ['path', 'message'],
          properties: {
            path: {
              type: 'string',
              description: 'Dotted, from the top of what was sent',
              example: 'payload.fileUrl',
            },
            message: { type: 'string' },
          },
        },
      },
    },
  },
};
