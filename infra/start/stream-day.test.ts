import { expect, test } from '@jest/globals';
import { type KafkaPort, type OutputRecord, type SchemaBook } from '@polytraders/runtime';
import { accountantOf, EXECUTION_TOPIC, generateDay } from '@polytraders/testkit/generator';
import { streamDay } from './stream-day.ts';

const day = { seed: 'stream', fills: 1_500 };

/** A bus that keeps what is sent to it. */
function bus(over: AbortSignal, onSent: (messages: number) => void) {
  const sent: OutputRecord[] = [];
  const kafka: Pick<KafkaPort, 'send' | 'partitionsOf'> = {
    send: (records) => Promise.resolve(void sent.push(...records)),
    partitionsOf: () => Promise.resolve(12),
  };
  const book: Pick<SchemaBook, 'encode'> = { encode: () => Buffer.alloc(32) };
  const streaming = {
    kafka: kafka as KafkaPort,
    book: book as SchemaBook,
    topicPrefix: '',
    over,
    onSent: (messages: number) => Promise.resolve(onSent(messages)),
  };
  return { sent, streaming };
}

test('every message of the day is sent, in its order', async () => {
  const { sent, streaming } = bus(new AbortController().signal, () => undefined);
  const count = await streamDay(generateDay(day), accountantOf(), streaming, 0);
  const all = [...generateDay(day)];
  expect(sent.map(({ key }) => key)).toEqual(all.map(({ key }) => key));
  const executionReports = all.filter(({ topic }) => topic === EXECUTION_TOPIC).length;
  // What people and bots ask for is sent in the evening, once the day is on the log.
  expect(count).toEqual({ messages: all.length, executionReports, commands: 0 });
});

test('a day that nobody waits for any more sends nothing more, and says why', async () => {
  const early = new AbortController();
  const why = new Error('Interrupted.');
  let seen = 0;
  const { sent, streaming } = bus(early.signal, (messages) => {
    seen = messages;
    if (messages > 2_000) early.abort(why);
  });
  await expect(streamDay(generateDay(day), accountantOf(), streaming, 0)).rejects.toBe(why);
  expect(sent).toHaveLength(seen);
  expect(seen).toBeLessThan([...generateDay(day)].length);
});
