import { eventText, type RecordedEvent } from './event.js';

const EVENT: RecordedEvent = {
  taskId: '0193a1e0-0000-7000-8000-000000000001',
  seq: 3,
  type: 'succeeded',
  status: 'succeeded',
  attempt: 1,
  at: new Date('2026-11-23T10:00:00.120Z'),
  owner: 'alice',
  data: null,
  result: null,
};

describe('eventText', () => {
  it('is the event as clients see it, without its owner', () => {
    expect(JSON.parse(eventText(EVENT))).toEqual({
      taskId: EVENT.taskId,
      seq: 3,
      type: 'succeeded',
      status: 'succeeded',
      attempt: 1,
      at: '2026-11-23T10:00:00.120Z',
      data: {},
    });
  });

  it.each([
    ['{"message":"x"}', null, '{"message":"x"}'],
    [null, '{"n":1.00}', '{"result":{"n":1.00}}'],
    ['{}', '[9007199254740993]', '{"result":[9007199254740993]}'],
    ['{"message":"x"}', '{}', '{"message":"x","result":{}}'],
  ])('puts data %s and result %s together, digit for digit', (data, result, expected) => {
    expect(eventText({ ...EVENT, data, result })).toContain(`,"data":${expected}}`);
  });
});
