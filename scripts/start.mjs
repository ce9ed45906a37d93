import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// `npm start`: builds what is missing or older than its source, then becomes the application, so that signals and exit
// code are its own. The script in package.json says `exec`: npm passes a signal on to the shell, which would die of it alone.
const root = new URL('../', import.meta.url);
const main = new URL('dist/main.js', root);
const src = new URL('src/', root);

const built = statSync(main, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const files = readdirSync(src, { recursive: true });
if (files.some((file) => statSync(new URL(file, src)).mtimeMs > built)) {
  console.log('Building …');
  const nest = fileURLToPath(new URL('node_modules/@nestjs/cli/bin/nest.js', root));
  execFileSync(process.execPath, [nest, 'build'], { cwd: root, stdio: 'inherit' });
}
await import(main.href);
