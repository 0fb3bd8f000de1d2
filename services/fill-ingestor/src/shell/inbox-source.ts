/**
 * The inbox as the writer's input: one sequence for each partition of the log, whose members share
 * it.
 */

import { TOPICS } from '@polytraders/contracts';
import {
  connect,
  sequenceSource,
  type SequenceRow,
  type Services,
  type Source,
  timeValue,
} from '@polytraders/runtime';
import { eventOfRow, type InboxEvent, type InputSource, type RawFormat } from '../inbox-event.ts';
import { INBOX } from '../processor.ts';
import { INBOX_CHANNEL } from './inbox.ts';

const COLUMNS = [
  'partition',
  'source',
  'source_position',
  'content_hash',
  'received_at',
  'raw_format',
  'bytes',
  'payload',
];

/** Reads the inbox in seq order, woken by its appenders. */
export function inboxSource(services: Services): Source<InboxEvent, SequenceRow> {
  const { kafka, database, config } = services;
  const { topicPrefix, sessionTimeoutMs } = config;
  return sequenceSource<InboxEvent>(
    kafka,
    database,
    () =>
      connect({
        url: config.databaseUrl,
        applicationName: `fill-ingestor.${config.workerId}.inbox`,
      }),
    {
      name: INBOX,
      table: 'ingest.inbox',
      columns: COLUMNS,
      hashColumn: COLUMNS.indexOf('content_hash'),
      timeColumn: COLUMNS.indexOf('received_at'),
      channel: INBOX_CHANNEL,
      membershipTopic: topicPrefix + TOPICS.ledgerEvents.name,
      groupId: `${topicPrefix}polytraders.fill-ingestor.writer`,
      sessionTimeoutMs,
      decode,
    },
  );
}

function decode(row: SequenceRow): InboxEvent {
  const [partition, source, position, , receivedAt, rawFormat, bytes, payload] = row.values.map(
    (value) => value ?? '',
  );
  return eventOfRow({
    partition: Number(partition),
    seq: row.offset,
    source: source as InputSource,
    sourcePosition: position ?? '',
    receivedAt: timeValue(receivedAt ?? ''),
    rawFormat: rawFormat as RawFormat,
    bytes: Buffer.from((bytes ?? '').slice(2), 'hex'),
    payload: payload ?? '',
  });
}
