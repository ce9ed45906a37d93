import type { Trial } from '../trial.js';

const SHOWN = 20;

/** One trial as a line, what was late, what took how long, and a line for each of the first violations. */
export function describeTrial(trial: Trial): string {
  const { fault, seed, accepted, violations, secondsToRecover, recovery, peakMb, phases, kept } = trial;
  const recovered =
    secondsToRecover === null ? 'not recovered' : `recovered in ${inSeconds(secondsToRecover)}`;
  const line = `${fault} seed ${seed}: ${accepted} accepted, ${violations.length} violations, ${recovered}, peak ${peakMb} MB`;
  const late = Object.entries(recovery ?? {}).map(([type, { sent, ended }]) => {
    return `${type} sent after ${inSeconds(sent)}, ended after ${inSeconds(ended)}`;
  });
  const spent = Object.entries(phases).map(([name, seconds]) => `${name} ${inSeconds(seconds)}`);
  const first = violations.slice(0, SHOWN).map(({ promise, harm, what }) => `${promise} ${harm}: ${what}`);
  const more = [late.join('; '), spent.join(', '), ...first, kept ?? ''].filter((text) => text !== '');
  return [line, ...more.map((text) => `  ${text}`)].join('\n');
}

function inSeconds(seconds: number): string {
  return `${seconds.toFixed(1)} s`;
}
