/**
 * Ready-made records: parameters, the kill switch, the passing of time. Their readers have said
 * everything but the envelope; here they get it and go on the log, to every partition with the
 * same `market_seq` where they are everybody's.
 */

import { ContractError, fromJson, type Records } from '@polytraders/contracts';
import { type Step } from '@polytraders/stream';
import { type InboxEvent, type ReadyRecord } from '../inbox-event.ts';
import { type Entry, ledgerEntry } from './entry.ts';
import { envelopeOf } from './envelope.ts';
import { quarantine } from './quarantine.ts';
import { type Entity } from './state.ts';

/** Writes a ready-made record; one that breaks its schema is set aside. */
export function stepReady(event: InboxEvent, input: ReadyRecord): Step<Entity, Entry> {
  const { value, type, marketSeq, correlationId } = input;
  const place = marketSeq === null ? [event.source, event.sourcePosition] : [String(marketSeq)];
  const envelope = envelopeOf(event, {
    identity: [type, ...place],
    correlationId: correlationId ?? event.sourcePosition,
    effectiveAt: input.effectiveAt,
  });
  const where = type === 'KillSwitchChanged' ? sourceOf(event) : {};
  const placed = marketSeq === null ? {} : { market_seq: marketSeq };
  try {
    const json = { ...envelope, ...EPOCH, ...where, ...value, ...placed };
    const record: Records[typeof type] = { ...fromJson(type, json), ...envelope };
    const entry = ledgerEntry(type, record, {
      key: '*',
      fillId: null,
      sourcePosition: event.sourcePosition,
      reasonCode: null,
    });
    return { outcome: 'applied', puts: [], entries: [entry] };
  } catch (cause) {
    if (!(cause instanceof ContractError)) throw cause;
    return quarantine(event, { reason: 'INVALID_INPUT', because: cause.message });
  }
}

/** Stands in for the times of the envelope while the rest is read from JSON. */
const EPOCH = { effective_at: '1970-01-01T00:00:00Z', recorded_at: '1970-01-01T00:00:00Z' };

function sourceOf(event: InboxEvent): object {
  return { source: event.source, source_position: event.sourcePosition };
}
