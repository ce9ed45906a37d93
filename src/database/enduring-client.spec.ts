import { EnduringClient } from './enduring-client.js';

describe('EnduringClient', () => {
  it('survives what its connection says after whoever used it has let go', () => {
    const client = new EnduringClient();
    expect(() => client.emit('error', new Error('terminating connection'))).not.toThrow();
  });
});
