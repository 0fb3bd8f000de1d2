import { describe, expect, test } from '@jest/globals';
import { type KafkaPort } from '../kafka/port.ts';
import { createPublisher } from './publisher.ts';

const PLACE = { transactionalId: 'x', progressTopic: 'progress' };

/** A publisher whose progress topic ends with this text, and what breaks its producer. */
async function given(text: string | null) {
  const value = text === null ? null : Buffer.from(text);
  let isBroken = false;
  const producer = { isBroken: () => isBroken, close: () => Promise.resolve() };
  const kafka = {
    lastRecord: () => Promise.resolve(text === null ? null : { offset: 7, value }),
    transactionalProducer: () => {
      isBroken = false;
      return Promise.resolve(producer);
    },
  };
  const publisher = createPublisher(kafka as unknown as KafkaPort, PLACE);
  await publisher.renew();
  const breaks = (): void => {
    isBroken = true;
  };
  return { ...publisher, breaks };
}

describe('progress', () => {
  test('is what the last record says, and nothing where there is none', async () => {
    expect(await (await given('{"next":42}')).progress(3)).toBe(42);
    expect(await (await given(null)).progress(3)).toBeNull();
  });

  test('is not asked with a broken producer, whose open transaction would hide it', async () => {
    const publisher = await given('{"next":42}');
    publisher.breaks();
    await expect(publisher.progress(3)).rejects.toMatchObject({ code: 'KAFKA_PRODUCER_BROKEN' });
    await publisher.renew();
    expect(await publisher.progress(3)).toBe(42);
  });

  test.each(['garbage', '{}', 'null', '{"next":"42"}', '{"next":-1}', '{"next":1.5}'])(
    'is lost where somebody else has written %s: nothing is owed or sent by it',
    async (text) => {
      const publisher = await given(text);
      await expect(publisher.progress(3)).rejects.toMatchObject({
        code: 'PROGRESS_LOST',
        retryable: false,
        message: expect.stringContaining(`offset 7 of progress, partition 3; found ${text}.`),
      });
    },
  );
});
