import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { type RuntimeError } from '../errors.ts';
import { type Cluster } from './cluster.ts';
import { type FetchedBatch, type Reader } from './port.ts';
import { createReader } from './reader.ts';
import { encodeBatch, planBatches } from './record-encoder.ts';
import { WireReader, WireWriter } from './wire.ts';

const AT = { topic: 't', partition: 0 };
const [FIRST, SECOND] = ['11'.repeat(16), '22'.repeat(16)];

/** A batch with one record at this offset, as it lies in a log. */
function recordAt(offset: number): Buffer {
  const [plan] = planBatches([{ key: null, value: Buffer.from('x') }], 100_000);
  if (plan === undefined) throw new Error('Expected a plan.');
  const origin = { producerId: -1, epoch: -1, firstSequence: -1, transactional: false };
  const batch = encodeBatch(plan, { ...origin, timestamp: 1 });
  batch.writeInt32BE(offset, 4);
  return batch;
}

function answer(topicId: string, records: Buffer, high: number): WireReader {
  const writer = new WireWriter(4096).int32(0).int16(0).int32(0);
  writer.compactArray([0], () => {
    writer.raw(Buffer.from(topicId, 'hex'));
    writer.compactArray([0], () => {
      writer.int32(0).int16(0).int64(high).int64(high).int64(0);
      writer.compactArray([], () => undefined);
      writer
        .int32(-1)
        .uvarint(records.length + 1)
        .raw(records)
        .noTags();
    });
    writer.noTags();
  });
  return new WireReader(writer.noTags().written());
}

/** A reader of a cluster whose one partition always has one more record, in the topic of now. */
function given(onBatch: (batch: FetchedBatch) => Promise<void>) {
  const state = { topicId: FIRST, offset: 0, fetches: 0 };
  const errors: string[] = [];
  const call = async (): Promise<WireReader> => {
    state.fetches += 1;
    await sleep(1);
    const { topicId, offset } = state;
    state.offset += 1;
    return answer(topicId, recordAt(offset), offset + 1);
  };
  const cluster = {
    leader: () => Promise.resolve({ node: 1, epoch: 0, topicId: state.topicId }),
    forgetTopic: () => undefined,
    lane: () => ({ call, throttle: () => undefined, close: () => undefined }),
  } as unknown as Cluster;
  const reader: Reader = createReader(cluster, {
    isolation: 'read_committed',
    maxWaitMs: 250,
    minBytes: 1,
    maxBytes: 1000,
    maxBytesPerPartition: 1000,
    onBatch,
    onPartitionError: (_, error) => errors.push((error as RuntimeError).code),
    onOutage: () => undefined,
  });
  return { reader, state, errors };
}

/** Waits for what a busy machine does a little later; what never comes is the test's timeout. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(5);
}

describe('a reader that is assigned again', () => {
  test('reads on in a topic that was made anew only once its log was looked at', async () => {
    const got: number[] = [];
    const { reader, state, errors } = given((batch) => {
      got.push(...batch.records.map((record) => record.offset));
      return Promise.resolve();
    });
    reader.assign(AT, 0);
    await until(() => got.length > 0);
    reader.unassign(AT);
    await sleep(20);
    const before = got.length;
    state.topicId = SECOND;
    reader.assign(AT, state.offset, false);
    await until(() => errors.length === 1);
    reader.assign(AT, state.offset, false);
    await until(() => errors.length === 2);
    expect(errors).toEqual(['KAFKA_TOPIC_GONE', 'KAFKA_TOPIC_GONE']);
    expect(got).toHaveLength(before);
    reader.assign(AT, state.offset, true);
    await until(() => got.length > before);
    await reader.close();
  });

  test('holds one batch that is handled and one that waits, however often', async () => {
    let letGo: () => void = () => undefined;
    let handled = 0;
    const { reader, state } = given(() => {
      handled += 1;
      return new Promise((resolve) => {
        letGo = resolve;
      });
    });
    reader.assign(AT, 0);
    await until(() => handled === 1);
    for (let round = 0; round < 10; round += 1) {
      reader.unassign(AT);
      reader.assign(AT, state.offset, false);
      await sleep(10);
    }
    expect(handled).toBe(1);
    letGo();
    await until(() => handled === 2);
    letGo();
    await reader.close();
  });
});
