/** Live latency: a fill goes onto the log, and a read_committed consumer sees its report. */

import { setTimeout as sleep } from 'node:timers/promises';
import {
  codec,
  LEDGER_PARTITIONS,
  partitionOf,
  type LedgerEvent,
  TOPICS,
} from '@polytraders/contracts';
import {
  generateLogFills,
  generateLogLives,
  LIFE_TYPES,
  type LogEvent,
  randomOf,
  WINDOW_TYPES,
  windowDeskOf,
} from '@polytraders/testkit/generator';
import { createTestLog, ledgerTopic, settlementTopic, type TestLog, until } from '../e2e/log.ts';
import { startChild } from './child.ts';

export type Live = {
  /** Reports that were measured. */
  readonly count: number;
  /** Reports of windows that came meanwhile. */
  readonly windows: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly missing: number;
};

const warmUpSeconds = 10;
const tickMs = 4;
const markets = 60;
/** Of a log of every kind, one event in so many is followed by a word about windows. */
const windowsEvery = 500;

/** What goes onto the log: fills alone, or all that a log has. */
export type Feed = 'fills' | 'everything';

function* fillsOf(count: number): Generator<LogEvent> {
  for (const value of generateLogFills({ seed: 'live', count, books: 28_800 })) {
    const { account } = value;
    const partition = partitionOf(account, LEDGER_PARTITIONS);
    yield { event: { type: 'FillConfirmed', value }, partition, key: account };
  }
}

/** Lives of orders with movements, marks and negative risk, and windows that are closed. */
function* everythingOf(events: number): Generator<LogEvent> {
  const windows = windowDeskOf(randomOf('live|windows'), windowsEvery);
  const ends = new Map<number, number>();
  function* told(one: LogEvent): Generator<LogEvent> {
    const offset = ends.get(one.partition) ?? 0;
    ends.set(one.partition, offset + 1);
    windows.see(one.event, one.partition, offset);
    yield one;
  }
  for (const one of generateLogLives({ seed: 'live', events, markets })) {
    yield* told(one);
    for (const word of windows.says()) yield* told(word);
  }
}

/** The fill, where a report of it is due: none of paper, none before its fee is known. */
function reportedFill({ type, value }: LedgerEvent): string | null {
  const isDue = type === 'FillConfirmed' && !value.paper && value.fee_bps !== null;
  return isDue ? value.fill_id : null;
}

/** A log with the topics of all that the projector publishes. */
async function openLog(): Promise<TestLog> {
  const types = [...LIFE_TYPES, ...WINDOW_TYPES];
  const log = await createTestLog('live', ['pnl-projector'], types);
  const { financeTeam, governanceAudit, postTradeArchive, dashboard } = TOPICS;
  const recipients = [financeTeam, governanceAudit, postTradeArchive, dashboard];
  await log.createTopics(recipients.map(({ name }) => name));
  return log;
}

/**
 * Milliseconds from the send of a fill to the moment its report is there for a consumer. `rate` is
 * of events of the feed.
 */
export async function measureLive(
  rate: number,
  seconds: number,
  feed: Feed = 'fills',
): Promise<Live> {
  const log = await openLog();
  const child = startChild(
    new URL('../../services/pnl-projector/src/main.ts', import.meta.url).pathname,
    { ...log.env, LOG_LEVEL: 'info' },
  );
  const sentAt = new Map<string, number>();
  const latencies: number[] = [];
  let measuring = false;
  let windows = 0;
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
          readonly event_type: string;
        };
        if (report.event_type === 'SETTLEMENT_REPORT') windows += 1;
        if (report.event_type !== 'FILL_PNL_COMPUTED') continue;
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
  const count = (warmUpSeconds + seconds + 5) * rate;
  const events = feed === 'fills' ? fillsOf(count) : everythingOf(count);

  async function tell(forSeconds: number): Promise<void> {
    const began = performance.now();
    let sent = 0;
    while (performance.now() - began < forSeconds * 1000) {
      const due = Math.floor(((performance.now() - began) / 1000) * rate);
      const chunk: LogEvent[] = [];
      while (sent + chunk.length < due) {
        const next = events.next();
        if (next.done === true) break;
        chunk.push(next.value);
      }
      sent += chunk.length;
      const now = performance.now();
      for (const { event } of chunk) {
        const fill = reportedFill(event);
        if (fill !== null) sentAt.set(fill, now);
      }
      void log.kafka.send(
        chunk.map(({ event, partition, key }) => ({
          topic: log.prefix + ledgerTopic,
          partition,
          key,
          value: log.encode(event.type, event.value),
        })),
      );
      await sleep(tickMs);
    }
  }

  await tell(warmUpSeconds);
  measuring = true;
  await tell(seconds);
  await until('all reports are there', () => sentAt.size === 0, 30_000);
  await reader.close();
  await child.stop();
  await log.close();
  latencies.sort((a, b) => a - b);
  const at = (share: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? Number.NaN;
  return {
    count: latencies.length,
    windows,
    p50: at(0.5),
    p99: at(0.99),
    p999: at(0.999),
    missing: sentAt.size,
  };
}
