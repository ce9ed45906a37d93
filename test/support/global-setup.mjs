import { startServices } from './start-services.mjs';

/** Starts the services that all test files share, and tells the tests' processes where they are. */
export default async function globalSetup() {
  const { services, close } = await startServices();
  for (const reason of Object.values(services.missing))
    console.error(`NOT THERE, TESTS WILL BE MISSING: ${reason}`);
  process.env.TASKWIRE_TEST_SERVICES = JSON.stringify(services);
  globalThis.closeTestServices = close;
}
