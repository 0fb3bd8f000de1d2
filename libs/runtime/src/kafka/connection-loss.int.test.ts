import diagnostics from 'node:diagnostics_channel';
import { type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dropTopics, testStack, uniquePrefix } from '@polytraders/testkit';
import { connectKafka } from './connect.ts';
import { type KafkaPort } from './port.ts';
import { collect, eventually, makeTopic, readIndependently, record } from './port.fixture.ts';

const TRANSACTIONS = 300;

/** Remembers the sockets that are opened while it runs, and cuts them when told. */
function cutter(): { readonly cut: () => number; readonly stop: () => void } {
  const open = new Set<Socket>();
  const remember = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  };
  diagnostics.subscribe('net.client.socket', remember);
  return {
    cut: () => {
      const cut = [...open];
      for (const socket of cut) socket.destroy();
      return cut.length;
    },
    stop: () => diagnostics.unsubscribe('net.client.socket', remember),
  };
}

describe('connections that break at any moment', () => {
  const prefix = uniquePrefix();
  const sockets = cutter();
  let brokers = '';
  let kafka: KafkaPort;

  beforeAll(async () => {
    brokers = (await testStack()).KAFKA_BROKERS;
    kafka = await connectKafka({ brokers: brokers.split(','), clientId: 'loss-test' });
  });
  afterAll(async () => {
    sockets.stop();
    await kafka.close();
    await dropTopics(prefix);
  });

  test('cost no transaction, double none, and break no producer', async () => {
    const topic = await makeTopic(brokers, prefix, 2);
    const producer = await kafka.transactionalProducer(`${topic}-tx`);
    const { reader, values, errors } = collect(kafka);
    for (const partition of [0, 1]) reader.assign({ topic, partition }, 0);
    let done = false;
    const cutting = (async () => {
      let cuts = 0;
      while (!done) {
        await delay(15 * Math.random());
        cuts += sockets.cut();
        await delay(15);
      }
      return cuts;
    })();
    for (let n = 0; n < TRANSACTIONS; n += 1) {
      await producer.transact([record(topic, `${n}`, 0), record(topic, `${n}`, 1)]);
    }
    done = true;
    expect(await cutting).toBeGreaterThan(50);
    expect(producer.isBroken()).toBe(false);
    await eventually('all are read', () => values().length >= 2 * TRANSACTIONS);
    const expected = Array.from({ length: TRANSACTIONS }, (_, n) => `${n}`);
    const highs = await Promise.all(
      [0, 1].map(async (partition) => (await kafka.watermarks({ topic, partition })).high),
    );
    expect(await readIndependently(brokers, topic, highs)).toEqual([expected, expected]);
    expect(values().filter((value) => value === '7')).toHaveLength(2);
    expect(values()).toHaveLength(2 * TRANSACTIONS);
    expect(errors).toEqual([]);
    await reader.close();
    await producer.close();
  });
});
