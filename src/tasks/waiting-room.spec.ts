import { WaitingRoom } from './waiting-room.js';

describe('the waiting room', () => {
  const unavailable = expect.objectContaining({ code: 'unavailable' }) as unknown;
  let leave: () => void;
  const stay = (): Promise<void> => new Promise((resolve) => (leave = resolve));

  it('has room for others when one owner has filled his share', async () => {
    const room = new WaitingRoom({ forAll: 10, forOne: 6 });
    const waiting = room.during('a', 6, stay);
    await expect(room.during('a', 1, stay)).rejects.toEqual(unavailable);
    await expect(room.during('b', 4, () => Promise.resolve('done'))).resolves.toBe('done');
    leave();
    await waiting;
    await expect(room.during('a', 6, () => Promise.resolve('done'))).resolves.toBe('done');
  });

  it('takes no more than all may wait with', async () => {
    const room = new WaitingRoom({ forAll: 10, forOne: 6 });
    const waiting = room.during('a', 6, stay);
    await expect(room.during('b', 5, stay)).rejects.toEqual(unavailable);
    leave();
    await waiting;
  });

  it('is left also by what fails', async () => {
    const room = new WaitingRoom({ forAll: 10, forOne: 6 });
    await expect(room.during('a', 6, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(room.during('a', 6, () => Promise.resolve('done'))).resolves.toBe('done');
  });
});
