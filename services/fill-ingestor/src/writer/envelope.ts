/**
 * The envelope of every record that the writer makes. Ids derive from what happened (a fill
 * confirmed, an order opened), so a replay yields the same ids; `recorded_at` is the time at which
 * the input was received, for the same reason.
 */

import { derivedId } from '../identity.ts';
import { type InboxEvent } from '../inbox-event.ts';

export const PRODUCER = 'fill-ingestor/1';

export type Envelope = {
  readonly event_id: string;
  readonly correlation_id: string;
  readonly causation_id: string | null;
  readonly producer: string;
  readonly effective_at: number;
  readonly recorded_at: number;
};

export type Happening = {
  /** Record type and what identifies it: `('FillConfirmed', fill id)`. */
  readonly identity: readonly [type: string, ...rest: string[]];
  readonly correlationId: string;
  readonly causationId?: string | null;
  readonly effectiveAt: number | null;
};

/** The envelope of what an input caused. */
export function envelopeOf(event: InboxEvent, happening: Happening): Envelope {
  return {
    event_id: derivedId('evt', ...happening.identity),
    correlation_id: happening.correlationId,
    causation_id: happening.causationId ?? null,
    producer: PRODUCER,
    effective_at: happening.effectiveAt ?? event.receivedAt,
    recorded_at: event.receivedAt,
  };
}
