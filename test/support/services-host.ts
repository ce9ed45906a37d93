import { once } from 'node:events';
import { findServices } from './find-services.js';

// A process of its own that holds the services as long as somebody holds its standard input: also after `kill -9` of
// whoever started it, nothing stays behind. It tells what it found in one line of JSON.
const { services, close } = await findServices(process.env);
process.on('SIGTERM', () => process.stdin.destroy());
process.stdout.write(`${JSON.stringify(services)}\n`);
await once(process.stdin.resume(), 'close');
await close();
