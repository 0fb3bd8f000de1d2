import { describe, expect, test } from '@jest/globals';
import { type KafkaPort } from '../kafka/port.ts';
import { createPublisher } from './publisher.ts';

const PLACE = { transactionalId: 'x', progressTopic: 'progress' };

/** A publisher whose progress topic ends with this text. */
function given(text: string | null) {
  const value = text === null ? null : Buffer.from(text);
  const kafka = { lastRecord: () => Promise.resolve(text === null ? null : { offset: 7, value }) };
  return createPublisher(kafka as unknown as KafkaPort, PLACE);
}

describe('progress', () => {
  test('is what the last record says, and nothing where there is none', async () => {
    expect(await given('{"next":42}').progress(3)).toBe(42);
    expect(await given(null).progress(3)).toBeNull();
  });

  test.each(['garbage', '{}', 'null', '{"next":"42"}', '{"next":-1}', '{"next":1.5}'])(
    'is lost where somebody else has written %s: nothing is owed or sent by it',
    async (text) => {
      await expect(given(text).progress(3)).rejects.toMatchObject({
        code: 'PROGRESS_LOST',
        retryable: false,
        message: expect.stringContaining(`offset 7 of progress, partition 3; found ${text}.`),
      });
    },
  );
});
