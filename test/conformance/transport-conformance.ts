import type { ConformanceDriver } from './conformance-driver.js';
import { closingConformance } from './closing.js';
import { consumingConformance } from './consuming.js';
import { faultConformance } from './faults.js';
import { groupConformance } from './groups.js';
import { publishingConformance } from './publishing.js';
import { Stage } from './stage.js';
import { topicConformance } from './topics.js';

/**
 * The guarantees of the transport port. Every driver passes them; call it inside a `describe` of the driver's.
 *
 * @param start makes the driver, once for all tests.
 */
export function transportConformance(start: () => Promise<ConformanceDriver>): void {
  let driver: ConformanceDriver;
  let current: Stage;
  const stage = (): Stage => current;

  beforeAll(async () => {
    driver = await start();
  });
  afterAll(() => driver.close());
  beforeEach(() => {
    current = new Stage(driver);
  });
  afterEach(async () => {
    // Also after a test that failed while it was down.
    await driver.startBroker();
    await current.close();
  });

  describe('publishing', () => {
    publishingConformance(stage);
  });
  describe('consuming', () => {
    consumingConformance(stage);
  });
  describe('closing', () => {
    closingConformance(stage);
  });
  describe('topics', () => {
    topicConformance(stage);
  });
  describe('groups', () => {
    groupConformance(stage);
  });
  describe('faults', () => {
    faultConformance(stage);
  });
}
