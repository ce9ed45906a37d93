import { isoText } from './iso-text.js';

describe('isoText', () => {
  it('is what JSON makes of a date, of each of many in a row', () => {
    const dates = [0, 0, 1, 253_402_300_799_999, 1, -1, 1_764_000_000_123].map((time) => new Date(time));
    expect(dates.map((date) => isoText(date))).toEqual(JSON.parse(JSON.stringify(dates)));
  });

  it('is nothing where there is none', () => {
    expect([isoText(new Date(5)), isoText(null)]).toEqual(['1970-01-01T00:00:00.005Z', null]);
  });
});
