import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { TopicKeeper } from '../dispatch/topic-keeper.js';
import { TransportUnavailableError, type OutgoingRecord, type Transport } from '../transport/transport.js';
import { eventually } from '../../test/support/eventually.js';
import { DeadLetterCopier } from './dead-letter-copier.js';
import type { DeadLetter } from './dead-letter.entity.js';
import type { DeadLetterRepository } from './dead-letter.repository.js';

describe('DeadLetterCopier', () => {
  let copier: DeadLetterCopier;

  afterEach(async () => {
    await copier.beforeApplicationShutdown();
    jest.restoreAllMocks();
  });

  it('writes only the copies of a sick topic again, and asks for none of it before it is well', async () => {
    jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const rounds = [[letter('1', 'sick'), letter('2', 'well'), letter('3', 'sick'), letter('4', 'well')]];
    const copied: string[] = [];
    const troubles: string[] = [];
    const asked: string[][] = [];
    const repository = {
      takeForCopy: (_count: number, _seconds: number, heldBack: string[]) => {
        asked.push(heldBack);
        return Promise.resolve(rounds.shift() ?? []);
      },
      markCopied: (ids: string[]) => Promise.resolve(void copied.push(...ids)),
    };
    const keeper = {
      written: () => undefined,
      notWritable: (topic: string) => troubles.push(topic),
      notWritableTopics: () => new Map(troubles.map((topic) => [topic, 'away'])),
    };
    const publish = (records: OutgoingRecord[]) =>
      records.some(({ topic }) => topic === 'sick-dlq')
        ? Promise.reject(new TransportUnavailableError('away'))
        : Promise.resolve(records.map(() => ({ outcome: 'durable' })));
    copier = new DeadLetterCopier(
      repository as unknown as DeadLetterRepository,
      keeper as unknown as TopicKeeper,
      { publish } as unknown as Transport,
    );
    copier.onApplicationBootstrap();
    await eventually(() => {
      expect(copied).toEqual(['2', '4']);
    });
    expect(troubles).toEqual(['sick-dlq']);
    await eventually(() => {
      expect(asked.slice(0, 2)).toEqual([[], ['sick-dlq']]);
    });
  });
});

function letter(id: string, topic: string): DeadLetter {
  return { id, topic, value: null, key: null, headers: '{}' } as DeadLetter;
}
