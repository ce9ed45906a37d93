import { text } from 'node:stream/consumers';
import autocannon from 'autocannon';

// An owner who sends as fast as answers come, until it is told to stop; then prints how many answers had which status.
const [url = '', token = '', connections = ''] = process.argv.slice(2);
const body = await text(process.stdin);
const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
const answers: Record<string, number> = {};
const flood = autocannon(
  { url, method: 'POST', headers, body, connections: Number(connections), duration: 3_600 },
  () => undefined,
);
flood.on('response', (_client, status) => (answers[status] = (answers[status] ?? 0) + 1));
process.stdout.write('ready\n');
process.on('SIGTERM', () => {
  process.stdout.write(`${JSON.stringify(answers)}\n`, () => process.exit());
});
