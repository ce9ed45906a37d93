import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Config } from '../config/config.js';
import { ProblemResponse } from '../errors/problem.dto.js';
import { describeCredentials } from './openapi-credentials.js';
import { describeProblems } from './openapi-problems.js';

/**
 * Serves the description of the API as `GET /openapi.json`. It is made from the code when it is first asked for; what
 * comments and validation rules say reaches it through the compiler's plugin, so only the built application has it whole.
 */
export function serveOpenApi(app: NestFastifyApplication, config: Config): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app, config), {
    ui: false,
    raw: ['json'],
    jsonDocumentUrl: 'openapi.json',
  });
}

function openApiDocument(app: NestFastifyApplication, { auth }: Config): OpenAPIObject {
  const about = new DocumentBuilder()
    .setTitle('Taskwire')
    .setDescription('Tasks over REST, through topics, to compute workers, and back to the browser.')
    .setVersion('1')
    .build();
  const document = SwaggerModule.createDocument(app, about, { extraModels: [ProblemResponse] });
  describeProblems(document);
  if (auth.kind === 'jwt') describeCredentials(document);
  return document;
}
