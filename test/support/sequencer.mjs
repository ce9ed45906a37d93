import TestSequencer from '@jest/test-sequencer';

/** Those that take longest and mostly wait come first, each beside one that mostly computes: a run has no long end. */
export default class Sequencer extends TestSequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    const of = (...projects) =>
      sorted.filter(({ context }) => projects.includes(context.config.displayName.name));
    const waiting = of('e2e');
    const computing = [...of('integration-embedded', 'integration'), ...of('unit')];
    const pairs = waiting.flatMap((test, index) => [test, ...computing.slice(index, index + 1)]);
    return [...pairs, ...computing.slice(waiting.length)];
  }
}
