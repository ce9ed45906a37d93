// Lets the wall clock of the process that loads it (`node --import`) be stepped: each SIGUSR2 takes the next of
// CLOCK_STEPS_MS, a list with commas. As on a real machine, timers and `performance.now()` do not step with it.
const steps = (process.env.CLOCK_STEPS_MS ?? '').split(',').map(Number);
const RealDate = Date;
let offset = 0;

globalThis.Date = class Date extends RealDate {
  constructor(...parameters) {
    if (parameters.length === 0) super(RealDate.now() + offset);
    else super(...parameters);
  }

  static now() {
    return RealDate.now() + offset;
  }
};

process.on('SIGUSR2', () => {
  offset += steps.shift() ?? 0;
});
