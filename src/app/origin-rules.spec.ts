import { foreignHost, foreignOrigin } from './origin-rules.js';

const ALLOWED = ['https://app.example.org'];

describe('foreignHost', () => {
  it.each(['127.0.0.1:3000', 'localhost', '[::1]:3000'])('lets %j through', (host) => {
    expect(foreignHost({ host })).toBeNull();
  });

  it.each([undefined, '', 'rebound.example:3000', '127.0.0.1.example'])('refuses %j', (host) => {
    expect(foreignHost({ host })).toEqual(expect.any(String));
  });
});

describe('foreignOrigin', () => {
  it.each([
    { host: '127.0.0.1:3000' },
    { host: 'tasks.example.org' },
    { host: '127.0.0.1:3000', origin: 'http://127.0.0.1:3000' },
    { host: 'localhost', origin: 'https://localhost' },
    { host: '[::1]:3000', origin: 'http://[::1]:3000' },
    { host: '127.0.0.1:3000', origin: 'https://app.example.org' },
  ])('lets %j through', (headers) => {
    expect(foreignOrigin(headers, ALLOWED)).toBeNull();
  });

  it.each([
    { host: '127.0.0.1:3000', origin: 'http://evil.example' },
    { host: '127.0.0.1:3000', origin: 'http://127.0.0.1:8080' },
    { host: '127.0.0.1:3000', origin: 'null' },
    { host: '127.0.0.1:3000', origin: '127.0.0.1:3000' },
    { host: '127.0.0.1:3000', origin: 'https://app.example.org.evil.example' },
    { origin: 'http://' },
  ])('refuses %j', (headers) => {
    expect(foreignOrigin(headers, ALLOWED)).toEqual(expect.any(String));
  });
});
