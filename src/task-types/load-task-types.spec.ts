import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, type TransportConfig } from '../config/config.js';
import { loadTaskTypes } from './load-task-types.js';
import type { TaskTypes } from './task-types.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'taskwire-types-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function load(yaml: string, transport: TransportConfig['kind'] = 'kafka'): TaskTypes {
  const path = join(folder, 'types.yaml');
  writeFileSync(path, yaml);
  return loadTaskTypes(path, transport);
}

function failure(yaml: string, transport: TransportConfig['kind'] = 'kafka'): string {
  try {
    load(yaml, transport);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'no error';
}

const BUILT_IN = {
  name: 'default',
  delivery: 'topic',
  requestTopic: 'topic-task-request',
  resultTopic: 'topic-task-result',
  partitions: 3,
  maxAttempts: 3,
  retry: { backoffSeconds: 5, factor: 2, maxSeconds: 300 },
  attemptTimeoutSeconds: null,
  expiresInSeconds: 604800,
  uniqueCorrelation: false,
};

describe('loadTaskTypes', () => {
  it('has the type default without a file', () => {
    expect(loadTaskTypes(null, 'kafka').all()).toEqual([{ ...BUILT_IN, payloadErrors: null }]);
    expect(loadTaskTypes(null, 'kafka').get('constructor')).toBeUndefined();
  });

  it('fills in the defaults of what a type leaves out, also inside retry', () => {
    const types = load(
      'types: { a: { retry: { factor: 3 }, attemptTimeoutSeconds: 600, uniqueCorrelation: true } }',
    );
    expect(types.get('a')).toMatchObject({
      ...BUILT_IN,
      name: 'a',
      retry: { backoffSeconds: 5, factor: 3, maxSeconds: 300 },
      attemptTimeoutSeconds: 600,
      uniqueCorrelation: true,
    });
    expect(types.get('default')).toMatchObject(BUILT_IN);
  });

  it('reads the example of the documentation, which has every key', () => {
    const [, example = ''] = /```yaml\n(.*?)```/s.exec(readFileSync('docs/task-types.md', 'utf8')) ?? [];
    mkdirSync(join(folder, 'schemas'));
    writeFileSync(join(folder, 'schemas', 'knowledge-ingest.json'), '{"required":["fileUrl"]}');
    const [, type] = load(example).all();
    expect(type).toMatchObject({ name: 'knowledge.ingest', partitions: 6, uniqueCorrelation: true });
    expect(type?.payloadErrors?.({})).toEqual([{ path: 'payload.fileUrl', message: 'is missing' }]);
    for (const key of Object.keys(BUILT_IN).filter((key) => key !== 'name'))
      expect(example).toMatch(new RegExp(`^    ${key}: `, 'm'));
  });

  it('lets the file override the type default', () => {
    expect(load('types: { default: { maxAttempts: 7 } }').get('default')?.maxAttempts).toBe(7);
  });

  it.each([
    ['', 'all of it must be object'],
    ['types:', 'types must be object'],
    ['type: {}', 'types is missing'],
    ['types: {}\nmore: 1', 'more is not known'],
    ['types: { a.b: null }', 'types.a.b must be object'],
    ['types: { a.b: { maxAtempts: 3 } }', 'types.a.b.maxAtempts is not known'],
    ['types: { a.b: { maxAttempts: 0 } }', 'types.a.b.maxAttempts must be >= 1'],
    ['types: { a.b: { maxAttempts: "3" } }', 'types.a.b.maxAttempts must be integer'],
    [
      'types: { a.b: { delivery: mail } }',
      'types.a.b.delivery must be equal to one of the allowed values: topic, claim',
    ],
    ['types: { a.b: { retry: { factor: 0.5 } } }', 'types.a.b.retry.factor must be >= 1'],
    ['types: { a.b: { retry: { delay: 1 } } }', 'types.a.b.retry.delay is not known'],
    ['types: { a.b: { requestTopic: "a b" } }', 'types.a.b.requestTopic must match pattern'],
    ['types: { a.b: { requestTopic: ".." } }', 'types.a.b.requestTopic must match pattern'],
    ['types: { a.b: { resultTopic: a-dlq } }', 'types.a.b.resultTopic must match pattern'],
    ['types: { "a b": {} }', 'types.a b must match pattern'],
    ['types: { a: {}, a: {} }', 'Map keys must be unique'],
    ['types: [', 'Flow sequence'],
  ])('refuses %j with one line that names the place', (yaml, line) => {
    expect(failure(yaml)).toContain(`TASK_TYPES: ${join(folder, 'types.yaml')}: `);
    expect(failure(yaml)).toContain(line);
    expect(failure(yaml)).not.toContain('\n');
  });

  it('names the file that is not there', () => {
    expect(() => loadTaskTypes('/nowhere.yaml', 'kafka')).toThrow(/^TASK_TYPES: \/nowhere.yaml: ENOENT/);
  });

  it('delivers to topics where there is a transport, unless the type says else, and has tasks claimed where there is none', () => {
    const yaml = 'types: { a: {}, b: { delivery: claim } }';
    const deliveries = (types: TaskTypes) => types.all().map(({ delivery }) => delivery);
    expect(deliveries(load(yaml))).toEqual(['topic', 'topic', 'claim']);
    expect(deliveries(load(yaml, 'none'))).toEqual(['claim', 'claim', 'claim']);
    expect(loadTaskTypes(null, 'none').get('default')?.delivery).toBe('claim');
  });

  it('refuses delivery topic without a transport', () => {
    expect(failure('types: { a: { delivery: topic } }', 'none')).toBe(
      'TASK_TYPES: types.a.delivery topic needs a transport, and TRANSPORT is none',
    );
  });

  it('refuses a request topic that is a result topic, also of another type', () => {
    expect(failure('types: { a: { requestTopic: topic-task-result } }')).toBe(
      'TASK_TYPES: types.a.requestTopic topic-task-result is the resultTopic of default',
    );
  });

  describe('payload schemas', () => {
    const WITH_SCHEMA = 'types: { a: { payloadSchema: ./a.json } }';

    function schema(content: unknown): void {
      writeFileSync(join(folder, 'a.json'), typeof content === 'string' ? content : JSON.stringify(content));
    }

    it('are found beside the file and name every wrong place of a payload', () => {
      schema({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        required: ['fileUrl'],
        additionalProperties: false,
        properties: {
          fileUrl: { type: 'string', format: 'uri' },
          'a/b': { type: 'array', items: { type: 'number' } },
        },
      });
      const type = load(WITH_SCHEMA).get('a');
      expect(type?.payloadErrors?.({ fileUrl: 'file:///data/a.shp' })).toEqual([]);
      expect(type?.payloadErrors?.({ 'a/b': [1, 'x'], extra: 1 })).toEqual([
        { path: 'payload.fileUrl', message: 'is missing' },
        { path: 'payload.extra', message: 'is not known' },
        { path: 'payload.a/b.1', message: 'must be number' },
      ]);
      expect(type?.payloadErrors?.({ fileUrl: 'no url' })).toEqual([
        { path: 'payload.fileUrl', message: 'must match format "uri"' },
      ]);
    });

    it.each([
      ['http://json-schema.org/draft-07/schema#', { items: [{ type: 'string' }], additionalItems: false }],
      [
        'https://json-schema.org/draft/2019-09/schema',
        { items: [{ type: 'string' }], additionalItems: false },
      ],
      ['https://json-schema.org/draft/2020-12/schema', { prefixItems: [{ type: 'string' }], items: false }],
    ])('may say that they are of %s', ($schema, names) => {
      schema({ $schema, type: 'object', properties: { names: { type: 'array', ...names } } });
      const errors = load(WITH_SCHEMA).get('a')?.payloadErrors;
      expect(errors?.({ names: ['a'] })).toEqual([]);
      expect(errors?.({ names: [1] })).toMatchObject([
        { path: 'payload.names.0', message: 'must be string' },
      ]);
      expect(errors?.({ names: ['a', 'b'] })).toMatchObject([{ path: 'payload.names' }]);
    });

    it('tell at most a hundred errors of one payload', () => {
      schema({ additionalProperties: { type: 'number' } });
      const payload = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`field${index}`, 'x']));
      expect(load(WITH_SCHEMA).get('a')?.payloadErrors?.(payload)).toHaveLength(100);
    });

    it.each([
      [null, 'ENOENT'],
      ['{', 'JSON'],
      ['[]', 'is not a JSON object'],
      [{ type: 'strin' }, 'schema is invalid'],
      [{ requird: ['a'] }, 'unknown keyword: "requird"'],
      [{ $schema: 'http://json-schema.org/draft-04/schema#' }, 'draft-04'],
      [{ $schema: 7 }, '$schema'],
    ])('that cannot be used (%j) end the start with one line', (content, reason) => {
      if (content !== null) schema(content);
      expect(failure(WITH_SCHEMA)).toMatch(/^TASK_TYPES: types\.a\.payloadSchema: [^\n]+$/);
      expect(failure(WITH_SCHEMA)).toContain(reason);
    });
  });
});

describe('TaskTypes', () => {
  const YAML = `types:
  a: { requestTopic: shared, resultTopic: answers, partitions: 6 }
  b: { requestTopic: shared }
`;

  it('lists each topic once, with the larger number of partitions', () => {
    const types = load(YAML);
    expect(types.requestTopics()).toEqual([
      { name: 'topic-task-request', partitions: 3 },
      { name: 'shared', partitions: 6 },
    ]);
    expect(types.resultTopics()).toEqual([
      { name: 'topic-task-result', partitions: 3 },
      { name: 'answers', partitions: 6 },
    ]);
    expect(types.deadLetterTopics()).toContainEqual({ name: 'shared-dlq', partitions: 6 });
    expect(types.deadLetterTopics()).toHaveLength(4);
  });

  it('has no topics of types whose tasks are claimed', () => {
    const types = load('types: { default: { delivery: claim }, a: { delivery: claim, requestTopic: b } }');
    expect([types.requestTopics(), types.resultTopics(), types.deadLetterTopics()]).toEqual([[], [], []]);
    expect(types.namesByRequestTopic('b')).toEqual([]);
  });

  it('finds the types that share a topic', () => {
    const types = load(YAML);
    expect(types.namesByRequestTopic('shared')).toEqual(['a', 'b']);
    expect(types.namesByResultTopic('topic-task-result')).toEqual(['default', 'b']);
    expect(types.namesByResultTopic('shared')).toEqual([]);
  });
});
