import 'reflect-metadata';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';
import { letHeapGrow } from './app/heap-growth.js';
import { endOnSignal, endOnUnhandledError } from './app/process-end.js';
import { ConfigError, type Config } from './config/config.js';
import { helpText } from './config/describe-settings.js';
import { loadConfig } from './config/load-config.js';
import { JsonLogger } from './observability/logger.js';
import { startTracing } from './observability/tracing.js';
import { loadTaskTypes } from './task-types/load-task-types.js';

async function start(config: Config): Promise<void> {
  letHeapGrow();
  const taskTypes = loadTaskTypes(config.taskTypesPath, config.transport.kind);
  // Only now: it takes seconds to load, and whoever has a setting wrong need not wait for it.
  const [{ createApp }, { closeApp }] = await Promise.all([
    import('./app/roles.js'),
    import('./app/http.js'),
  ]);
  const logger = new JsonLogger(config.logLevel);
  /** What runs so far, to be closed in the opposite order; a signal may come in the middle of the start. */
  const closing: (() => Promise<void>)[] = [];
  endOnUnhandledError(logger);
  endOnSignal(config.shutdownSeconds, logger, async () => {
    for (const close of closing.reverse()) await close();
  });

  if (config.tracing) closing.push(await startTracing(config.tracing, config.role));
  const app = await createApp(config, taskTypes);
  closing.push(() => closeApp(app, config.shutdownSeconds / 2));
  await app.startAllMicroservices();
  await listen(app, config.http);
  const { port } = app.getHttpServer().address() as AddressInfo;
  process.stdout.write(
    `taskwire ${config.role} listening on http://${bracketed(config.http.host)}:${port}\n`,
  );
}

async function listen(app: NestFastifyApplication, { host, port }: Config['http']): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (error) {
    throw new ConfigError(`HOST and PORT: cannot listen on ${host} ${port} (${(error as Error).message})`);
  }
}

/** An IPv6 address as URLs have it. */
function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Whether help is asked for. @throws ConfigError for any other argument: settings come from the environment alone */
function asksForHelp(args: readonly string[]): boolean {
  const unknown = args.find((arg) => arg !== '-h' && arg !== '--help');
  if (unknown !== undefined)
    // Not what follows an equals sign: it may be a secret.
    throw new ConfigError(
      `${unknown.replace(/=.*/s, '')}: there is no such argument; settings are environment variables, see -h`,
    );
  return args.length > 0;
}

try {
  if (asksForHelp(process.argv.slice(2))) process.stdout.write(helpText());
  else await start(loadConfig(process.env));
} catch (error) {
  const line =
    error instanceof ConfigError ? error.message : `taskwire cannot start: ${(error as Error).message}`;
  process.stderr.write(`${line}\n`);
  process.exit(1);
}
