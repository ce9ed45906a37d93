import fastify, { type FastifyInstance } from 'fastify';
import { request, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { serveConsole } from './console.js';

let server: FastifyInstance;
let url: string;

beforeAll(async () => {
  server = fastify();
  serveConsole(server);
  url = await server.listen({ host: '127.0.0.1', port: 0 });
});

afterAll(() => server.close());

interface Answer {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Asks for a path as it is: `fetch` would resolve its dots. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(url, { path, headers, method }, (response) => {
      const { statusCode: status, headers } = response;
      text(response).then((body) => {
        resolve({ status, headers, body });
      }, reject);
    })
      .on('error', reject)
      .end();
  });
}

/** What a page or a module refers to, as paths. */
function references(path: string, text: string): string[] {
  const found = text.matchAll(/(?:src="|rel="stylesheet" href="|^import .* from ')([^"']+)/gm);
  return Array.from(found, ([, reference = '']) => new URL(reference, `http://x${path}`).pathname);
}

describe('the console', () => {
  it('has all that its page needs, with nothing from elsewhere', async () => {
    const paths = new Set(['/']);
    for (const path of paths) {
      const { status, body } = await get(path);
      expect([path, status]).toEqual([path, 200]);
      if (path !== '/console/socket.io.js') for (const each of references(path, body)) paths.add(each);
    }
    expect([...paths]).toEqual(
      expect.arrayContaining([
        '/console/console.css',
        '/console/console.js',
        '/console/socket.io.js',
        '/clients/js/taskwire.js',
      ]),
    );
    expect(paths.size).toBe(13);
  });

  it('has no script and no style in its page: the content security policy forbids them', async () => {
    const { body, headers } = await get('/');
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(body).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=/);
  });

  it('is asked for again each time, and sent only where it has changed', async () => {
    const { headers } = await get('/console/console.js');
    expect(headers['cache-control']).toBe('no-cache');
    const tag = String(headers.etag);
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`]) {
      const again = await get('/console/console.js', { 'if-none-match': known });
      expect([again.status, again.body, again.headers.etag]).toEqual([304, '', tag]);
    }
    expect((await get('/console/console.js', { 'if-none-match': '"other"' })).status).toBe(200);
    expect(await get('/', {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
  });

  it.each([
    '/console/../package.json',
    '/console/%2e%2e/package.json',
    '/console/..%2fpackage.json',
    '/clients/js/package.json',
    '/console/tsconfig.json',
    '/console/',
  ])('has nothing else: %s', async (path) => {
    expect((await get(path)).status).toBe(404);
  });
});
