import { configurationDocument } from './describe-settings.js';

/** `npm run docs:configuration` writes this into docs/configuration.md. */
process.stdout.write(configurationDocument());
