import { jest } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Claimer } from '../../src/dispatch/claims/claimer.js';
import { Metrics } from '../../src/observability/metrics.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { Rest } from '../support/rest.js';
import { describeWithServices } from '../support/services.js';
import { SocketClient } from '../support/socket-client.js';
import { SECRET, tokenFor } from '../support/tokens.js';

const INVALID = 'Bearer error="invalid_token", error_description="The credentials are not valid."';
const EXPIRED = 'Bearer error="invalid_token", error_description="The token has expired."';

describeWithServices('credentials', ['postgres'], () => {
  let taskwire: TestApp;
  let folder: string;
  let file: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'taskwire-keys-'));
    file = path.join(folder, 'keys.json');
    await keep('alice’s', 'bob’s', 'gpu');
    taskwire = await startApp({
      env: { AUTH: 'jwt', JWT_SECRET: SECRET, API_KEYS: file, KAFKA_BROKERS: '' },
    });
  });
  afterAll(async () => {
    await taskwire.close();
    await rm(folder, { recursive: true });
  });

  it('that are taken back end sockets, streams and waiting requests, and nobody else’s', async () => {
    const alice = await follow('alice’s');
    const bob = await follow('bob’s');
    const claim = jest.spyOn(taskwire.app.get(Claimer), 'claim');
    const claims = post('/v1/claims', 'gpu', { waitSeconds: 30 });
    await eventually(async () => {
      const { values } = await taskwire.app.get(Metrics).followers.get();
      expect(values.reduce((sum, { value }) => sum + value, 0)).toBe(6);
      expect(claim).toHaveBeenCalled();
    });

    await keep('bob’s');
    await eventually(() => {
      expect(alice.socket.socket.connected).toBe(false);
    });
    await alice.stream.text();
    expect((await alice.waiting).status).toBe(200);
    expect((await claims).status).toBe(200);
    expect((await get('/v1/tasks', 'alice’s')).status).toBe(401);

    expect(bob.socket.socket.connected).toBe(true);
    await new Rest(taskwire.url, KEYS['bob’s']).post(`/v1/tasks/${bob.id}/cancel`);
    expect(await bob.stream.text()).toContain('"status":"cancelled"');
    expect(await (await bob.waiting).json()).toMatchObject({ status: 'cancelled' });
    for (const { socket } of [alice, bob]) socket.close();
  });

  it('that are missing are asked for, and those that do not count are told why, without being repeated', async () => {
    const exp = Math.floor(Date.now() / 1000) - 60;
    const expired = await tokenFor('alice', ['client'], { exp });
    const [header = '', payload = ''] = expired.split('.');
    const challenges: [string | null, string][] = [
      [null, 'Bearer'],
      ['Basic YTpi', 'Bearer'],
      ['Bearer', 'Bearer'],
      [`Bearer ${expired}`, EXPIRED],
      // Who cannot sign learns nothing of the claims.
      [`Bearer ${header}.${payload}.c2lnbmF0dXJl`, INVALID],
      [`Bearer ${await tokenFor('alice', ['client'], { nbf: exp + 3600 })}`, INVALID],
      ['Bearer x.y.z', INVALID],
      ['Bearer no-such-key', INVALID],
      [`Bearer ${createHash('sha256').update('gpu').digest('hex')}`, INVALID],
    ];
    for (const [authorization, challenge] of challenges) {
      const headers: Record<string, string> = authorization === null ? {} : { authorization };
      const answer = await fetch(`${taskwire.url}/v1/tasks`, { headers });
      expect([authorization, answer.status, answer.headers.get('www-authenticate')]).toEqual([
        authorization,
        401,
        challenge,
      ]);
    }
    const stream = await fetch(`${taskwire.url}/v1/tasks/x/stream?token=${expired}`);
    expect(stream.headers.get('www-authenticate')).toBe(EXPIRED);
  });

  /** Everything that stays open, of a task of its own. */
  async function follow(key: keyof typeof KEYS) {
    const { id } = await new Rest(taskwire.url, KEYS[key]).submit();
    const socket = await SocketClient.connect(taskwire.url, ['websocket'], KEYS[key]);
    expect(await socket.ask('subscribe', { taskId: id })).toMatchObject({ ok: true });
    const stream = await get(`/v1/tasks/${id}/stream`, key);
    const waiting = get(`/v1/tasks/${id}?wait=60`, key);
    return { id, socket, stream, waiting };
  }

  function get(route: string, key: keyof typeof KEYS): Promise<Response> {
    return fetch(taskwire.url + route, { headers: { authorization: `Bearer ${KEYS[key]}` } });
  }

  function post(route: string, key: keyof typeof KEYS, body: object): Promise<Response> {
    const headers = { authorization: `Bearer ${KEYS[key]}`, 'content-type': 'application/json' };
    return fetch(taskwire.url + route, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  /** The keys that the file holds from now on. */
  async function keep(...names: (keyof typeof KEYS)[]): Promise<void> {
    const entries = names.map((name) => ({
      name,
      sha256: createHash('sha256').update(KEYS[name]).digest('hex'),
      owner: name,
      roles: [name === 'gpu' ? 'compute' : 'client'],
    }));
    await writeFile(file, JSON.stringify(entries));
  }
});

const KEYS = { 'alice’s': 'key-of-alice', 'bob’s': 'key-of-bob', gpu: 'key-of-gpu' };
