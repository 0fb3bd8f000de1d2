/**
 * Ready-made records: decisions of people, the clock, parameters, the kill switch. Their readers
 * have said everything but the envelope; here they get it and go on the log, to every partition
 * with the same `market_seq` where they are everybody's.
 */

import { ContractError, fromJson, type Records } from '@polytraders/contracts';
import { type Lookup, type Step } from '@polytraders/stream';
import { type InboxEvent, type ReadyRecord } from '../inbox-event.ts';
import { type Entry, ledgerEntry } from './entry.ts';
import { envelopeOf } from './envelope.ts';
import { quarantine } from './quarantine.ts';
import { type Entity, fillKey } from './state.ts';

/** Writes a ready-made record; one that breaks its schema, or names an unknown fill, is set aside. */
export function stepReady(event: InboxEvent, input: ReadyRecord, lookup: Lookup<Entity>): Step<Entity, Entry> {
  const { value, type, marketSeq } = input;
  const fillId = typeof value['fill_id'] === 'string' ? value['fill_id'] : null;
  const account = typeof value['account'] === 'string' ? value['account'] : null;
  if (fillId !== null) {
    const known = lookup.get(fillKey(fillId));
    if (known?.kind !== 'fill' || known.status !== 'CONFIRMED') {
      const because = `Expected a confirmed fill ${fillId} on the log of this partition; found none.`;
      return quarantine(event, { reason: 'INVALID_INPUT', because, fillId, account });
    }
  }
  const place = marketSeq === null ? [event.source, event.sourcePosition] : [String(marketSeq)];
  const envelope = envelopeOf(event, {
    identity: [type, ...place], correlationId: input.correlationId ?? event.sourcePosition,
    effectiveAt: null,
  });
  const placed = marketSeq === null ? {} : { market_seq: marketSeq };
  try {
    const json = { ...jsonOf(envelope), ...sourced(type, event), ...value, ...placed };
    const record = { ...fromJson(type, json), ...envelope, effective_at: input.effectiveAt } as Records[typeof type];
    const entry = ledgerEntry(type, record, {
      key: account ?? '*', fillId, sourcePosition: event.sourcePosition, reasonCode: null,
    });
    return { outcome: 'applied', puts: [], entries: [entry] };
  } catch (cause) {
    if (!(cause instanceof ContractError)) throw cause;
    return quarantine(event, { reason: 'INVALID_INPUT', because: cause.message, fillId, account });
  }
}

const UNSOURCED: readonly string[] = ['ParametersChanged', 'TimeAdvanced', 'FillReleased', 'FillReversed', 'ReportReleased'];

function sourced(type: string, event: InboxEvent): object {
  if (UNSOURCED.includes(type)) return {};
  return { source: event.source, source_position: event.sourcePosition };
}

/** Times stand in for themselves: they are put back after the value was read from JSON. */
function jsonOf(envelope: object): object {
  return { ...envelope, effective_at: '1970-01-01T00:00:00Z', recorded_at: '1970-01-01T00:00:00Z' };
}
