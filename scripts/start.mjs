import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

// `npm start`: builds what is missing, then becomes the application, so that signals and exit code are its own.
const main = new URL('../dist/main.js', import.meta.url);
if (!existsSync(main)) execFileSync('npm', ['run', 'build'], { stdio: 'inherit' });
await import(main.href);
