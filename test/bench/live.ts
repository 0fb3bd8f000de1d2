/** Live latency: a fill goes onto the log, and a read_committed consumer sees its report. */

import { setTimeout as sleep } from 'node:timers/promises';
import { codec, partitionOf, type FillConfirmed } from '@polytraders/contracts';
import { generateLogFills } from '@polytraders/testkit/generator';
import { createTestLog, ledgerTopic, settlementTopic, until } from '../e2e/log.ts';
import { startChild } from './child.ts';

export type Live = {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly missing: number;
};

const warmUpSeconds = 10;
const tickMs = 4;

/** Milliseconds from the send of a fill to the moment its report is there for a consumer. */
export async function measureLive(rate: number, seconds: number): Promise<Live> {
  const log = await createTestLog('live', ['pnl-projector']);
  const child = startChild(
    new URL('../../services/pnl-projector/src/main.ts', import.meta.url).pathname,
    { ...log.env, LOG_LEVEL: 'info' },
  );
  const sentAt = new Map<string, number>();
  const latencies: number[] = [];
  let measuring = false;
  const decode = codec.decoderOf(codec.schemaOf('SettlementReport'));
  const reader = log.kafka.reader({
    isolation: 'read_committed',
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: 4 << 20,
    maxBytesPerPartition: 1 << 20,
    onBatch: (batch) => {
      const now = performance.now();
      for (const record of batch.records) {
        const report = decode(record.value?.subarray(5) ?? Buffer.alloc(0)).value as {
          readonly fill_id: string;
        };
        const at = sentAt.get(report.fill_id);
        if (at === undefined) continue;
        sentAt.delete(report.fill_id);
        if (measuring) latencies.push(now - at);
      }
    },
    onPartitionError: (_, error) => {
      throw error;
    },
    onOutage: (error) => {
      throw error;
    },
  });
  for (let partition = 0; partition < 12; partition += 1)
    reader.assign({ topic: log.prefix + settlementTopic, partition }, 0);
  await child.line((event) => event['event'] === 'PARTITION_ACQUIRED' && event['partition'] === 11);
  const fills = generateLogFills({
    seed: 'live',
    count: (warmUpSeconds + seconds + 5) * rate,
    books: 28_800,
  });

  async function feed(forSeconds: number): Promise<void> {
    const began = performance.now();
    let sent = 0;
    while (performance.now() - began < forSeconds * 1000) {
      const due = Math.floor(((performance.now() - began) / 1000) * rate);
      const chunk: FillConfirmed[] = [];
      while (sent + chunk.length < due) {
        const next = fills.next();
        if (next.done === true) break;
        chunk.push(next.value);
      }
      sent += chunk.length;
      const now = performance.now();
      for (const fill of chunk) sentAt.set(fill.fill_id, now);
      void log.kafka.send(
        chunk.map((fill) => ({
          topic: log.prefix + ledgerTopic,
          partition: partitionOf(fill.account, 12),
          key: fill.account,
          value: log.encode('FillConfirmed', fill),
        })),
      );
      await sleep(tickMs);
    }
  }

  await feed(warmUpSeconds);
  measuring = true;
  await feed(seconds);
  await until('all reports are there', () => sentAt.size === 0, 30_000);
  await reader.close();
  await child.stop();
  await log.close();
  latencies.sort((a, b) => a - b);
  const at = (share: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? Number.NaN;
  return {
    count: latencies.length,
    p50: at(0.5),
    p99: at(0.99),
    p999: at(0.999),
    missing: sentAt.size,
  };
}
