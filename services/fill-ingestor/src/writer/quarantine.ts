/**
 * Inputs that cannot be used (rule B18, first class): reason, sentence and bytes are kept, the rest
 * goes on. One quarantine record an input, whose id derives from its place in the source.
 */

import { type Step } from '@polytraders/stream';
import { derivedId, sha256 } from '../identity.ts';
import { type InboxEvent } from '../inbox-event.ts';
import { type Entry, quarantineEntry } from './entry.ts';
import { envelopeOf } from './envelope.ts';
import { type Entity } from './state.ts';

export const QUARANTINE_REASONS = [
  'UNDECODABLE_INPUT',
  'INCOMPLETE_INPUT',
  'INVALID_INPUT',
  'PRICE_OUT_OF_RANGE',
  'QUANTITY_NOT_POSITIVE',
  'AMOUNT_TOO_FINE',
  'GOV_COMMAND_REFUSED',
  'GOV_FILL_CONFLICT',
  'GOV_FILL_STATUS_CONFLICT',
  'GOV_FILL_MISMATCH',
  'GOV_FILL_UNMATCHED',
  'GOV_ORDER_CONFLICT',
  'GOV_MOVEMENT_CONFLICT',
  'GOV_MOVEMENT_UNMATCHED',
  'GOV_BEFORE_OPENING',
  'GOV_REDEMPTION_UNMATCHED',
  'GOV_RESOLUTION_CONFLICT',
  'GOV_MOVEMENT_UNCLASSIFIED',
] as const;

export type QuarantineReason = (typeof QUARANTINE_REASONS)[number];

export type QuarantineCase = {
  readonly reason: QuarantineReason;
  readonly because: string;
  readonly account?: string | null;
  readonly fillId?: string | null;
  readonly orderId?: string | null;
  /** What stands on the log under the same identity, where this is a conflict. */
  readonly conflictsWith?: { readonly eventId: string | null; readonly bytes: Buffer | null };
};

/** A quarantine record holds two inputs at most, and must stay far below a megabyte. */
const RAW_MAX_BYTES = 256 * 1024;
const DETAIL_MAX = 2_000;

/** Sets the input of an event aside. */
export function quarantine(event: InboxEvent, found: QuarantineCase): Step<Entity, Entry> {
  const id = derivedId('qrn', event.source, event.sourcePosition);
  const fillId = found.fillId ?? null;
  const entry = quarantineEntry(
    {
      ...envelopeOf(event, {
        identity: ['QuarantinedInput', event.source, event.sourcePosition],
        correlationId: fillId ?? found.orderId ?? id,
        effectiveAt: null,
      }),
      quarantine_id: id,
      source: event.source,
      source_position: event.sourcePosition,
      record_type: event.recordType,
      reason_code: found.reason,
      detail: detailOf(event, found),
      account: found.account ?? null,
      fill_id: fillId,
      order_id: found.orderId ?? null,
      raw: event.bytes.subarray(0, RAW_MAX_BYTES),
      raw_sha256: sha256(event.bytes),
      raw_format: event.rawFormat,
      conflicts_with_event_id: found.conflictsWith?.eventId ?? null,
      conflicts_with_raw: found.conflictsWith?.bytes?.subarray(0, RAW_MAX_BYTES) ?? null,
      received_at: event.receivedAt,
    },
    {
      key: event.source,
      fillId,
      sourcePosition: event.sourcePosition,
      reasonCode: found.reason,
    },
  );
  return { outcome: 'quarantined', because: found.reason, puts: [], entries: [entry] };
}

/** The sentence, and where the rest of an input is that is too large for a message. */
function detailOf(event: InboxEvent, found: QuarantineCase): string {
  const { length } = event.bytes;
  const cut =
    length <= RAW_MAX_BYTES
      ? ''
      : ` Its first ${String(RAW_MAX_BYTES)} bytes of ${String(length)} are kept here, all of ` +
        'them in the inbox.';
  return `${found.because.slice(0, DETAIL_MAX).toWellFormed()}${cut}`;
}
