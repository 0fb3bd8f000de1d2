/**
 * What a record of a bus topic becomes: an input of the inbox, or a change of the reference tables
 * of market data. Pure; which log partition an input belongs to follows from its account.
 */

import {
  type Event,
  isoTime,
  type JsonValue,
  LEDGER_PARTITIONS,
  type LedgerCommand,
  type MarketDefinition,
  type MarkObserved,
  partitionOf,
  toJson,
  TOPICS,
} from '@polytraders/contracts';
import { commandOf as readCommand } from '../commands.ts';
import { oddTextIn, time } from '../door.ts';
import { type TimeMicros } from '../draft.ts';
import { type RawFormat } from '../inbox-event.ts';
import { definitionIn, markIn } from '../market-input.ts';
import { normalize } from '../normalize.ts';
import {
  type Fields,
  type JsonRecord,
  type RawFillInput,
  type RawInput,
  type RecordInputType,
} from '../raw.ts';
import { type NewInput } from './inbox.ts';
import { type StatusChange } from './market-data.ts';

/** What a bus record is for us. An input whose account only its order knows waits for its route. */
export type BusInput =
  | {
      readonly becomes: 'input';
      readonly input: NewInput;
      readonly route: { readonly orderId: string; readonly account: string } | null;
    }
  | {
      readonly becomes: 'unrouted';
      readonly orderId: string;
      readonly input: Omit<NewInput, 'partition'>;
    }
  | { readonly becomes: 'mark'; readonly mark: MarkObserved; readonly place: Place }
  | {
      readonly becomes: 'definition';
      readonly definition: MarketDefinition;
      readonly place: Place;
    };

/** Which records each topic carries, by its name, which is the first part of a source position. */
const RECORDS_BY_TOPIC: ReadonlyMap<string, readonly string[]> = new Map(
  Object.values(TOPICS).map((topic) => [topic.name, topic.records]),
);

type Place = { readonly sourcePosition: string; readonly bytes: Buffer };

/**
 * Reads a decoded record at its place, where its topic carries such records: whoever may write
 * execution reports has no say over the kill switch, commands or marks.
 */
export function busInputOf(record: Event, place: Place): BusInput {
  const [topic = ''] = place.sourcePosition.split('/', 1);
  const belong = RECORDS_BY_TOPIC.get(topic) ?? [];
  if (!belong.includes(record.type)) {
    const expected = belong.length === 0 ? 'no record' : belong.join(' or ');
    return unusable(place, record.type, `Expected ${expected} on ${topic}; found ${record.type}.`);
  }
  switch (record.type) {
    case 'ExecutionReport':
      return executionOf(toJson('ExecutionReport', record.value), place);
    case 'MarkObserved': {
      const mark = markIn(record.value);
      if (typeof mark === 'string') return invalid(place, record.type, mark);
      return { becomes: 'mark', mark, place };
    }
    case 'MarketDefinition': {
      const definition = definitionIn(record.value);
      if (typeof definition === 'string') return invalid(place, record.type, definition);
      return { becomes: 'definition', definition, place };
    }
    case 'OperationsReport': {
      const odd = oddTextIn(record.value, 'the report');
      if (odd !== null) return invalid(place, record.type, odd);
      const { active, since, bot_id, reason } = record.value;
      const untimely = time(since);
      if (untimely !== null) {
        const because = `Expected since ${untimely.expected}; found ${untimely.found}.`;
        return invalid(place, record.type, because);
      }
      const value = { active, since: isoTime(since), bot_id, reason };
      return toAll('KillSwitchChanged', value, since, place);
    }
    case 'LedgerCommand':
      return commandOf(record.value, place);
    default:
      return unusable(
        place,
        record.type,
        `Expected a record of the input topics; found ${record.type}.`,
      );
  }
}

/**
 * Bytes that do not decode, or a record that does not belong there: kept, and routed by their
 * place.
 */
export function unusable(place: Place, recordType: string | null, because: string): BusInput {
  return asideOf(place, { format: 'unusable', because, recordType });
}

/** A record that decodes and says what cannot be. */
function invalid(place: Place, recordType: string, because: string): BusInput {
  return asideOf(place, { format: 'unusable', because, recordType, reason: 'INVALID_INPUT' });
}

function asideOf(place: Place, raw: RawInput): BusInput {
  const partition = partitionOf(place.sourcePosition, LEDGER_PARTITIONS);
  return { becomes: 'input', input: { ...placed('bus', place), partition, raw }, route: null };
}

/** How far the clock of a sender of marks may be ahead of ours: an hour, in microseconds. */
const AHEAD_MAX = 3_600_000_000;

/**
 * A mark is set aside where it was observed long after it was received. The latest one stands for
 * its token, so one from the future would silence all that come until then.
 */
export function notAhead(input: BusInput, receivedAt: TimeMicros): BusInput {
  if (input.becomes !== 'mark' || input.mark.observed_at <= receivedAt + AHEAD_MAX) return input;
  const found = `found ${isoTime(input.mark.observed_at)}`;
  const because = `Expected observed_at at most an hour after the mark was received; ${found}.`;
  return invalid(input.place, 'MarkObserved', because);
}

/** The log partition of an account: that of its key on the log. */
export function partitionOfAccount(account: string): number {
  return partitionOf(account, LEDGER_PARTITIONS);
}

function executionOf(json: { readonly [name: string]: JsonValue }, place: Place): BusInput {
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(json)) {
    if (value !== null) fields[name] = typeof value === 'string' ? value : JSON.stringify(value);
  }
  const raw: RawFillInput = { format: 'execution', fields, terms: null };
  return routed(raw, fields, placed('bus', place));
}

/**
 * Routes an execution report: by its account, else by its order, else (unreadable) by its own id.
 */
export function routed(
  raw: RawFillInput,
  fields: Fields,
  input: Omit<NewInput, 'partition' | 'raw'>,
): BusInput {
  const draft = normalize(raw);
  const orderId = fields['order_id'] ?? input.sourcePosition;
  if (draft.kind === 'refusal') {
    return {
      becomes: 'input',
      input: { ...input, raw, partition: partitionOfAccount(orderId) },
      route: null,
    };
  }
  if (draft.account === null) return { becomes: 'unrouted', orderId, input: { ...input, raw } };
  const route = draft.kind === 'order' ? { orderId, account: draft.account } : null;
  return {
    becomes: 'input',
    input: { ...input, raw, partition: partitionOfAccount(draft.account) },
    route,
  };
}

/**
 * The change of a market's status that a definition brought, for all partitions. When it happened
 * nobody says: it is taken for the time at which it was read.
 */
export function statusInput(
  { conditionId, status }: StatusChange,
  place: Place,
  receivedAt: TimeMicros,
): NewInput {
  const value = { condition_id: conditionId, status };
  const raw: RawInput = {
    format: 'record',
    type: 'MarketStatusChanged',
    value,
    effectiveAt: receivedAt,
    correlationId: conditionId,
    marketSeq: null,
  };
  return { ...placed('bus', place), raw, partition: 'all' };
}

/**
 * A command is an input of its account's partition, an approval of reports one of all partitions;
 * what becomes of it is the writer's to say. One that is refused is so once.
 */
function commandOf(command: LedgerCommand, place: Place): BusInput {
  const { account, approved_by: approvedBy } = command;
  const whose = account?.toLowerCase() ?? null;
  const fields: Record<string, string> = {
    command_id: command.event_id,
    command: command.command,
    arguments: command.arguments,
    proposed_by: command.proposed_by,
    reason: command.reason,
    effective_at: isoTime(command.effective_at),
    correlation_id: command.correlation_id,
    ...(approvedBy === null ? {} : { approved_by: approvedBy }),
    ...(whose === null ? {} : { account: whose }),
  };
  const draft = readCommand(fields);
  const isOfAll = draft.kind === 'command' && draft.command === 'APPROVE';
  const partition = isOfAll ? 'all' : partitionOfAccount(whose ?? '*');
  const raw: RawInput = { format: 'command', fields };
  return { becomes: 'input', input: { ...placed('commands', place), raw, partition }, route: null };
}

function toAll(
  type: RecordInputType,
  value: JsonRecord,
  effectiveAt: number,
  place: Place,
): BusInput {
  const raw: RawInput = {
    format: 'record',
    type,
    value,
    effectiveAt,
    correlationId: null,
    marketSeq: null,
  };
  return {
    becomes: 'input',
    input: { ...placed('bus', place), raw, partition: 'all' },
    route: null,
  };
}

function placed(source: 'bus' | 'commands', place: Place) {
  const rawFormat: RawFormat = 'avro';
  return { source, sourcePosition: place.sourcePosition, rawFormat, bytes: place.bytes };
}
