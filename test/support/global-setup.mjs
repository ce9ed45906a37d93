import { tsImport } from 'tsx/esm/api';

/** Starts the services that all test files share, and tells the tests' processes where they are. */
export default async function globalSetup() {
  const { findServices } = await tsImport('./find-services.ts', import.meta.url);
  const { SERVICES_VARIABLE } = await tsImport('./services.ts', import.meta.url);
  const { services, close } = await findServices(process.env);
  process.env[SERVICES_VARIABLE] = JSON.stringify(services);
  globalThis.closeTestServices = close;
}
