/**
 * Puts the generated day onto the bus as trading systems do: framed records, keyed, the partition
 * that Kafka's own clients would choose, in the order of the day. Each message is read by the
 * accountant on the way, so that what is expected is known when the last one is sent.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { partitionOf, physicalTopic } from '@polytraders/contracts';
import { type KafkaPort, type OutputRecord, type SchemaBook } from '@polytraders/runtime';
import {
  type Accountant,
  COMMANDS_TOPIC,
  type DayMessage,
  EXECUTION_TOPIC,
} from '@polytraders/testkit/generator';

export type Streaming = {
  readonly kafka: KafkaPort;
  readonly book: SchemaBook;
  readonly topicPrefix: string;
  /** After each acknowledged batch, with the messages sent so far. */
  readonly onSent: (messages: number) => Promise<void>;
  /** Aborted when nobody waits for the day any more: nothing more is sent. */
  readonly over: AbortSignal;
};

/** What was sent and acknowledged. */
export type Sent = {
  readonly messages: number;
  /** Those that report an execution. */
  readonly executionReports: number;
  /** Those that ask something of the ledger; what is neither is market data. */
  readonly commands: number;
};

/** Messages in one send: bounded memory, and few round trips. */
const BATCH = 2_000;
/** Bytes cut from a record that arrives damaged. */
const CUT_BYTES = 7;

/** The record types that a day consists of. */
export const DAY_RECORDS = [
  'ExecutionReport',
  'MarkObserved',
  'MarketDefinition',
  'LedgerCommand',
] as const;

/**
 * Sends all messages in order; one batch is acknowledged before the next goes. Market data
 * is `leadMs` ahead of the first execution report. Throws the reason of `over` once it is aborted.
 */
export async function streamDay(
  messages: Iterable<DayMessage>,
  accountant: Accountant,
  streaming: Streaming,
  leadMs: number,
): Promise<Sent> {
  const counts = new Map<string, number>();
  let batch: OutputRecord[] = [];
  let sent = 0;
  let executionReports = 0;
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    streaming.over.throwIfAborted();
    await streaming.kafka.send(batch);
    sent += batch.length;
    batch = [];
    await streaming.onSent(sent);
  };
  for (const message of messages) {
    const isReport = message.topic === EXECUTION_TOPIC;
    if (isReport && executionReports === 0) {
      await flush();
      await sleep(leadMs, undefined, { signal: streaming.over });
    }
    if (isReport) executionReports += 1;
    accountant.read(message);
    batch.push(await recordOf(message, counts, streaming));
    if (batch.length >= BATCH) await flush();
  }
  await flush();
  return { messages: sent, executionReports, commands: 0 };
}

/** Sends a few messages that the accountant reads, too, and waits until they are acknowledged. */
export async function sendMessages(
  messages: readonly DayMessage[],
  streaming: Pick<Streaming, 'kafka' | 'book' | 'topicPrefix' | 'over'>,
): Promise<Sent> {
  streaming.over.throwIfAborted();
  const counts = new Map<string, number>();
  const records = await Promise.all(messages.map((one) => recordOf(one, counts, streaming)));
  if (records.length > 0) await streaming.kafka.send(records);
  const on = (topic: string) => messages.filter((one) => one.topic === topic).length;
  return {
    messages: messages.length,
    executionReports: on(EXECUTION_TOPIC),
    commands: on(COMMANDS_TOPIC),
  };
}

/** Both together. */
export function sentTogether(one: Sent, other: Sent): Sent {
  return {
    messages: one.messages + other.messages,
    executionReports: one.executionReports + other.executionReports,
    commands: one.commands + other.commands,
  };
}

async function recordOf(
  message: DayMessage,
  counts: Map<string, number>,
  { kafka, book, topicPrefix }: Pick<Streaming, 'kafka' | 'book' | 'topicPrefix'>,
): Promise<OutputRecord> {
  const topic = physicalTopic(topicPrefix, message.topic);
  const partitions = counts.get(topic) ?? (await kafka.partitionsOf(topic));
  counts.set(topic, partitions);
  return {
    topic,
    partition: partitionOf(message.key, partitions),
    key: message.key,
    value: bytesOf(message, book),
  };
}

function bytesOf({ body }: DayMessage, book: SchemaBook): Buffer {
  if (body.form === 'bytes') return body.bytes;
  const whole = book.encode(body.type, body.value);
  return body.form === 'cut' ? whole.subarray(0, whole.length - CUT_BYTES) : whole;
}
