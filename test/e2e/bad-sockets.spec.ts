import { once } from 'node:events';
import { get } from 'node:http';
import { io, type Socket } from 'socket.io-client';
import { eventually } from '../support/eventually.js';
import { describeWithServices } from '../support/services.js';
import { SocketClient } from '../support/socket-client.js';
import { tokenFor } from '../support/tokens.js';
import { AttackedTaskwire } from './attacked-taskwire.js';

/** More than a message may have. */
const TOO_LARGE = 65 * 1024;

const DEEP = '['.repeat(30_000) + ']'.repeat(30_000);
const NO_TASK = '01930000-0000-7000-8000-000000000000';

/** Sends a packet of Socket.IO's as it is, past the client's own encoder. */
function sendRaw({ socket }: SocketClient, ...packets: (string | Buffer)[]): void {
  for (const packet of packets) socket.io.engine.write(packet);
}

/** The answer to the message that was sent with this number. */
async function rawAnswer(client: SocketClient, id: number, body: string): Promise<unknown> {
  const answer = new Promise((resolve) => {
    client.socket.io.engine.on('data', (data) => {
      if (typeof data === 'string' && data.startsWith(`3${id}[`))
        resolve(JSON.parse(data.slice(`3${id}`.length)));
    });
  });
  sendRaw(client, `2${id}["subscribe",${body}]`);
  return answer;
}

describeWithServices('a socket that sends what nobody should', ['postgres'], () => {
  let taskwire: AttackedTaskwire;
  let token: string;
  let other: SocketClient;

  beforeAll(async () => {
    taskwire = await AttackedTaskwire.start('jwt');
    const exp = Math.floor(Date.now() / 1000) + 600;
    token = await tokenFor('alice', ['client'], { exp });
    other = await SocketClient.connect(taskwire.url, ['websocket'], token);
  });

  afterEach(async () => {
    await taskwire.expectUnharmed();
    expect(await other.ask('unsubscribe', { mine: true })).toEqual({ ok: true });
  });

  afterAll(async () => {
    other.close();
    await taskwire.close();
  });

  const polling = (): string => `${taskwire.url}/socket.io/?EIO=4&transport=polling`;

  /** Opens a connection over polling without a client, and gives the address of its session. */
  async function session(): Promise<string> {
    const opened = await (await fetch(polling())).text();
    const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
    return `${polling()}&sid=${sid}`;
  }

  /** How a browser's attempt to open a connection from a page of this origin is answered. */
  function handshake(transport: string, origin: string): Promise<number | undefined> {
    const upgrade = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    };
    const headers = { origin, ...(transport === 'websocket' && upgrade) };
    const request = get(`${taskwire.url}/socket.io/?EIO=4&transport=${transport}`, { headers });
    return new Promise((resolve, reject) => {
      request.on('error', reject);
      request.on('response', (response) => {
        resolve(response.resume().statusCode);
      });
      request.on('upgrade', ({ statusCode }, socket) => {
        socket.destroy();
        resolve(statusCode);
      });
    });
  }

  async function post(url: string, body: string): Promise<number> {
    return (await fetch(url, { method: 'POST', body })).status;
  }

  describe.each([['websocket'], ['polling']])('over %s', (transport) => {
    let client: SocketClient;

    beforeEach(async () => {
      client = await SocketClient.connect(taskwire.url, [transport], token);
    });

    afterEach(() => {
      client.close();
    });

    it.each<[string, (string | Buffer)[]]>([
      ['a packet of no kind', ['9']],
      ['no packet', ['x']],
      ['an event that is no JSON', ['2["subscribe",']],
      ['an event with a name of the server’s own', ['2["disconnect"]']],
      ['an event whose name is an object', ['2[{"a":1}]']],
      ['a second connect', ['0{"token":"x"}']],
      ['an error of its own', ['4{"message":"x"}', '4{"message":"x"}']],
      ['attachments that are announced without end', ['59999999999-["subscribe",{}]']],
      ['more attachments than there may be', ['511-["subscribe",{}]']],
      ['a negative number of attachments', ['5-1-["subscribe",{}]']],
      [
        'a placeholder for no attachment',
        ['51-["subscribe",{"_placeholder":true,"num":1e9}]', Buffer.alloc(1)],
      ],
      [
        'a placeholder for a prototype',
        ['51-["subscribe",{"_placeholder":true,"num":"__proto__"}]', Buffer.alloc(1)],
      ],
      ['placeholders nested without end', [`51-["subscribe",${DEEP}]`, Buffer.alloc(1)]],
      ['an attachment that nothing announced', [Buffer.alloc(1000)]],
      ['text where an attachment is due', ['51-["subscribe",{}]', '2["subscribe",{}]']],
      ['a message that is too large', [`2["subscribe","${'x'.repeat(TOO_LARGE)}"]`]],
      ['an attachment that is too large', ['51-["subscribe",{}]', Buffer.alloc(TOO_LARGE)]],
    ])('is cut off for %s', async (_, packets) => {
      const gone = once(client.socket as never, 'disconnect');
      sendRaw(client, ...packets);
      await gone;
    });

    it.each([
      ['lists nested without end', DEEP],
      ['objects nested without end', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
      ['a prototype', `{"taskId":"${NO_TASK}","__proto__":{"mine":true}}`],
      ['a constructor', `{"taskId":"${NO_TASK}","constructor":1}`],
      ['a long id', `{"taskId":{"length":1e9}}`],
      ['three arguments', '1,2,3'],
      ['numbers', '1e400'],
      ['an attachment’s placeholder without attachment', '{"_placeholder":true,"num":0}'],
    ])('is told that %s is no subscription', async (_, body) => {
      expect(await rawAnswer(client, 7, body)).toMatchObject([
        { ok: false, error: { code: 'invalid_request' } },
      ]);
    });

    it.each([
      ['U+0000', `${NO_TASK}\0`],
      ['a lone surrogate', '\ud800'],
      ['60 000 letters', 'x'.repeat(60_000)],
      ['a prototype', '__proto__'],
    ])('is told that there is no task whose id is %s', async (_, taskId) => {
      expect(await client.ask('subscribe', { taskId })).toMatchObject({
        ok: false,
        error: { code: 'not_found' },
      });
    });

    it('hears nothing about events that nobody knows, and is served all the same', async () => {
      for (const name of ['', '__proto__', 'constructor', 'toString', 'task', 'ping', 'x'.repeat(1000)])
        sendRaw(client, `2${JSON.stringify([name, {}])}`);
      sendRaw(client, '2', '2["subscribe"]', '2["subscribe",null]', '3999["x"]', '2[0]');
      expect(await client.ask('unsubscribe', { mine: true })).toEqual({ ok: true });
    });

    it('is cut off when it subscribes without end and waits for nothing', async () => {
      const gone = once(client.socket as never, 'disconnect');
      for (let index = 0; index < 100_000 && client.socket.connected; index++) {
        sendRaw(client, `2["subscribe",{"taskId":"${NO_TASK}"}]`);
        if (index % 500 === 0) await new Promise(setImmediate);
      }
      await gone;
    });

    it('takes the same task again and again for one subscription', async () => {
      const { id } = await taskwire.other.as(token).submit();
      for (let round = 0; round < 3; round++) {
        const answers = await Promise.all(
          Array.from({ length: 500 }, () => client.ask('subscribe', { taskId: id })),
        );
        expect(answers.filter(({ ok }) => !ok)).toEqual([]);
      }
      expect(await client.ask('unsubscribe', { taskId: id })).toEqual({ ok: true });
    });
  });

  it('gets no second socket, however often it asks in one message', async () => {
    const url = await session();
    const connect = `40${JSON.stringify({ token })}`;
    expect(await post(url, Array<string>(200).fill(connect).join('\x1e'))).toBe(200);
    let told = '';
    await eventually(async () => {
      const answer = await fetch(url);
      told += await answer.text();
      expect(answer.status).toBe(400);
    });
    expect(told.match(/40\{"sid"/g)?.length ?? 0).toBeLessThan(2);
  });

  it('gets in to no other namespace', async () => {
    const url = await session();
    expect(await post(url, `40/admin,${JSON.stringify({ token })}`)).toBe(200);
    expect(await (await fetch(url)).text()).toBe('44/admin,{"message":"Invalid namespace"}');
  });

  it.each(['', 'zzz', 'b!!!!', '\x1e\x1e\x1e', '7'])('is cut off for a polled body like %j', async (body) => {
    const url = await session();
    await post(url, body);
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).not.toEqual([200, expect.stringContaining('"sid"')]);
  });

  it('is refused a polled body that is too large', async () => {
    expect(await post(await session(), `42["subscribe","${'x'.repeat(TOO_LARGE)}"]`)).toBe(413);
  });

  it.each([
    'transport=x&EIO=4',
    'transport=polling&EIO=3',
    'transport=polling&EIO=4&sid=__proto__',
    'transport=websocket&EIO=4',
  ])('is refused a handshake with %s', async (query) => {
    const { status } = await fetch(`${taskwire.url}/socket.io/?${query}`);
    expect(status).toBe(400);
  });

  it.each([
    ['websocket', 400, 101],
    ['polling', 403, 200],
  ])('is opened over %s by no page of a foreign origin', async (transport, refused, opened) => {
    for (const origin of ['https://evil.example', `${taskwire.url}1`, 'null'])
      expect([origin, await handshake(transport, origin)]).toEqual([origin, refused]);
    expect(await handshake(transport, taskwire.url)).toBe(opened);
  });

  it.each<[string, Record<string, unknown>]>([
    ['a huge token', { token: 'x'.repeat(50_000) }],
    ['a token in parts', { token: 'x.'.repeat(20_000) }],
    ['a token that is an object', { token: { length: 1 } }],
    [
      'many fields beside no token',
      Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`f${i}`, i])),
    ],
    ['no token', {}],
  ])('is not let in with %s', async (_, auth) => {
    const socket: Socket = io(taskwire.url, { auth, forceNew: true, reconnection: false });
    const [error] = (await once(socket as never, 'connect_error')) as [{ data?: { code: string } }];
    expect(error.data?.code).toBe('unauthorized');
    socket.disconnect();
  });
});
