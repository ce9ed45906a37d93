import { validate, version } from 'uuid';
import { newId } from './new-id.js';

describe('new ids', () => {
  const ids = Array.from({ length: 5_000 }, newId);

  it('are UUIDs of version 7, made now', () => {
    const id = newId();
    expect(validate(id) && version(id)).toBe(7);
    const at = parseInt(id.replace('-', '').slice(0, 12), 16);
    expect(Math.abs(Date.now() - at)).toBeLessThan(5_000);
  });

  it('rise, also within a millisecond', () => {
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('differ at random in more than time and place', () => {
    expect(new Set(ids.map((id) => id.slice(-12))).size).toBe(ids.length);
  });
});
