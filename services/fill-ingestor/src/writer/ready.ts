/**
 * Ready-made records: parameters, the kill switch, the passing of time, windows and balances. Their
 * readers have said everything but the envelope; here they get it and go on the log, to every
 * partition with the same `market_seq` where they are everybody's.
 */

import { ContractError, fromJson, type Records } from '@polytraders/contracts';
import { type Lookup, type Step } from '@polytraders/stream';
import { type Accounts } from '../accounts.ts';
import { type InboxEvent, type ReadyRecord } from '../inbox-event.ts';
import { quoted } from '../quoted.ts';
import { type JsonRecord } from '../raw.ts';
import { type Entry, ledgerEntry } from './entry.ts';
import { envelopeOf } from './envelope.ts';
import { quarantine } from './quarantine.ts';
import { stepResolution, stepStatus } from './resolutions.ts';
import { type Entity } from './state.ts';

/** Writes a ready-made record; one that breaks its schema is set aside. */
export function stepReady(
  event: InboxEvent,
  input: ReadyRecord,
  lookup: Lookup<Entity>,
  accounts: Accounts,
): Step<Entity, Entry> {
  const { value, type, marketSeq, correlationId } = input;
  const place = marketSeq === null ? [event.source, event.sourcePosition] : [String(marketSeq)];
  const envelope = envelopeOf(event, {
    identity: [type, ...place],
    correlationId: correlationId ?? event.sourcePosition,
    effectiveAt: input.effectiveAt,
  });
  const where = WITH_SOURCE.includes(type) ? sourceOf(event) : {};
  const placed = marketSeq === null ? {} : { market_seq: marketSeq };
  try {
    const json = { ...envelope, ...EPOCH, ...where, ...value, ...placed };
    const record: Records[typeof type] = { ...fromJson(type, json), ...envelope };
    const entry = ledgerEntry(type, record, {
      key: keyOf(value),
      fillId: null,
      sourcePosition: event.sourcePosition,
      reasonCode: null,
    });
    if (type === 'MarketResolved' || type === 'MarketStatusChanged') {
      return stepMarket(event, { type, value: record } as MarketRecord, entry, lookup, accounts);
    }
    return { outcome: 'applied', puts: [], entries: [entry] };
  } catch (cause) {
    if (!(cause instanceof ContractError)) throw cause;
    return quarantine(event, { reason: 'INVALID_INPUT', because: cause.message });
  }
}

const CONDITION = /^0x[0-9a-f]{64}$/;

type MarketRecord = {
  readonly [Type in 'MarketResolved' | 'MarketStatusChanged']: {
    readonly type: Type;
    readonly value: Records[Type];
  };
}['MarketResolved' | 'MarketStatusChanged'];

function stepMarket(
  event: InboxEvent,
  { type, value }: MarketRecord,
  entry: Entry,
  lookup: Lookup<Entity>,
  accounts: Accounts,
): Step<Entity, Entry> {
  if (!CONDITION.test(value.condition_id)) {
    const found = `found ${quoted(value.condition_id)}`;
    const because = `Expected condition_id as 0x and 64 hex digits in lower case; ${found}.`;
    return quarantine(event, { reason: 'INVALID_INPUT', because });
  }
  return type === 'MarketResolved'
    ? stepResolution(event, value, entry, lookup, accounts)
    : stepStatus(event, value, entry, lookup);
}

/** The account that it is of, else everybody. */
function keyOf({ account }: JsonRecord): string {
  return typeof account === 'string' ? account : '*';
}

/** Records that say which reader brought them. */
const WITH_SOURCE: readonly string[] = [
  'KillSwitchChanged',
  'MarketResolved',
  'MarketStatusChanged',
];

/** Stands in for the times of the envelope while the rest is read from JSON. */
const EPOCH = { effective_at: '1970-01-01T00:00:00Z', recorded_at: '1970-01-01T00:00:00Z' };

function sourceOf(event: InboxEvent): object {
  return { source: event.source, source_position: event.sourcePosition };
}
