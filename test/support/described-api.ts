import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

type Schema = Record<string, unknown>;

interface Described {
  description: string;
  headers?: Record<string, { schema: Schema }>;
  content?: Record<string, { schema: Schema }>;
}

/** One operation of an OpenAPI document. */
export interface Operation {
  summary?: string;
  parameters: { name: string; in: string; schema: Schema }[];
  responses: Record<string, Described>;
}

/** As much of an OpenAPI document as the tests look at. */
export interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

/** What was answered. */
export interface DescribedAnswer {
  status: number;
  headers: Headers;
  text: string;
}

/** Headers that are part of an answer's meaning, so that they have to be described. */
const MEANT = ['location', 'idempotency-replayed', 'retry-after'];

/**
 * Calls a Taskwire and holds every answer against its OpenAPI document: the status, the content type, the headers, and
 * the body, which may have no field that is not described. A difference rejects the call.
 */
export class DescribedApi {
  /** The answers that came, as `get /v1/tasks 200`. */
  readonly seen = new Set<string>();
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });

  private constructor(
    private readonly url: string,
    readonly document: OpenApi,
  ) {
    addFormats.default(this.ajv);
    this.ajv.addSchema(closed(document) as Schema, 'openapi', false, false);
  }

  static async of(url: string): Promise<DescribedApi> {
    return new DescribedApi(url, (await (await fetch(`${url}/openapi.json`)).json()) as OpenApi);
  }

  /**
   * @param operation `get /v1/tasks/{id}`
   * @param target the same as a client writes it: `/v1/tasks/0193…?wait=1`
   */
  async call(operation: string, target: string, init: RequestInit = {}): Promise<DescribedAnswer> {
    const [method = '', path = ''] = operation.split(' ');
    const response = await fetch(`${this.url}${target}`, { ...init, method: method.toUpperCase() });
    const text = await response.text();
    const answer = { status: response.status, headers: response.headers, text };
    const place = ['paths', path, method, 'responses', String(response.status)];
    const described = this.document.paths[path]?.[method]?.responses[response.status];
    const faults = described ? this.faults(place, described, answer) : ['is not described'];
    if (faults.length > 0) throw new Error(`${operation} ${response.status}: ${faults.join('; ')}\n${text}`);
    this.seen.add(`${operation} ${response.status}`);
    return answer;
  }

  /** Every operation, as `get /v1/tasks`. */
  operations(): { name: string; operation: Operation }[] {
    return Object.entries(this.document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
    );
  }

  private faults(place: string[], { headers, content }: Described, answer: DescribedAnswer): string[] {
    const named = Object.keys(headers ?? {}).map((name) => name.toLowerCase());
    const faults = MEANT.filter((name) => answer.headers.has(name) && !named.includes(name));
    const type = answer.headers.get('content-type')?.split(';')[0];
    if (!content) return type === undefined ? faults : [...faults, `no content is described, but ${type}`];
    if (type === undefined || !content[type]) return [...faults, `the content type ${type} is not described`];
    const schema = [...place, 'content', type, 'schema'];
    const value: unknown = type.endsWith('json') ? JSON.parse(answer.text) : answer.text;
    return [...faults, ...this.differences(schema, value)];
  }

  /** How a value differs from the schema at this place of the document. */
  differences(place: string[], value: unknown): string[] {
    const pointer = place.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'));
    const validate = this.ajv.compile({ $ref: `openapi#/${pointer.map(encodeURIComponent).join('/')}` });
    validate(value);
    return (validate.errors ?? []).map(({ instancePath, message, params }) => {
      return `${instancePath} ${message} ${JSON.stringify(params)}`;
    });
  }
}

/** The same schemas, but objects may have no other properties than those that are described. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.fromEntries(
    Object.entries(node).map(([name, value]) => [name, name === 'allOf' ? value : closed(value)]),
  );
  const isObject = copy.type === 'object' && typeof copy.properties === 'object';
  return isObject && copy.additionalProperties === undefined
    ? { ...copy, unevaluatedProperties: false }
    : copy;
}
