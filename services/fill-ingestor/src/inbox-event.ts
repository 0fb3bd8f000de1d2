/**
 * One row of the inbox as the writer reads it. The inbox is the writer's log: dense, ordered by
 * commit, one sequence for each partition of the ledger. What arrived is in `bytes`; `input` is
 * what it says, derived from the row alone.
 */

import { type Draft, type TimeMicros } from './draft.ts';
import { normalize } from './normalize.ts';
import { type RawInput } from './raw.ts';

export type InputSource = 'bus' | 'file' | 'venue' | 'chain' | 'commands' | 'clock';

export type RawFormat = 'avro' | 'json' | 'row';

export type ReadyRecord = { readonly kind: 'record' } & Omit<
  Extract<RawInput, { readonly format: 'record' }>,
  'format'
>;

export type InboxRow = {
  readonly partition: number;
  readonly seq: number;
  readonly source: InputSource;
  readonly sourcePosition: string;
  readonly receivedAt: TimeMicros;
  readonly rawFormat: RawFormat;
  /** The input as it arrived. */
  readonly bytes: Buffer;
  /** JSON of the `RawInput`. */
  readonly payload: string;
};

export type InboxEvent = Omit<InboxRow, 'payload'> & {
  readonly recordType: string | null;
  readonly input: Draft | ReadyRecord;
};

/** Reads a row: pure, so that a replay of the inbox yields the same events. */
export function eventOfRow(row: InboxRow): InboxEvent {
  const { payload, ...place } = row;
  const raw = JSON.parse(payload) as RawInput;
  if (raw.format === 'record') {
    const { format, ...ready } = raw;
    return { ...place, recordType: raw.type, input: { kind: format, ...ready } };
  }
  return { ...place, recordType: recordTypeOf(raw), input: normalize(raw) };
}

function recordTypeOf(raw: Exclude<RawInput, { readonly format: 'record' }>): string | null {
  switch (raw.format) {
    case 'unusable':
      return raw.recordType;
    case 'execution':
      return 'ExecutionReport';
    case 'command':
      return 'LedgerCommand';
    case 'movement':
      return raw.type;
    case 'order-filled':
      return 'OrderFilled';
    default:
      return null;
  }
}
