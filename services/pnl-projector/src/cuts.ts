/**
 * What the books leave for the fold over all partitions (windows/): a row for each market-wide
 * event that cuts, when this partition has passed it, one for each fact that windows need and the
 * ledger does not have (definitions, resolutions, answers of the chain), and one for each block of
 * a transaction that such an answer tells. All are written in the transaction of the partition's
 * ledger lines, so that whoever sees the row sees all lines before it. A fill writes none of them,
 * and pays nothing.
 *
 * It is put around the processor of the books: what they do with an event is theirs.
 */

import { type LedgerEvent } from '@polytraders/contracts';
import {
  type Change,
  type Lookup,
  type Processor,
  type Put,
  type Table,
  table,
} from '@polytraders/stream';
import { type Entity } from './entities.ts';
import { numeratorsOf } from './book-market.ts';
import { type LedgerEntry } from './entry.ts';
import { questionOf } from './neg-risk-event.ts';
import { PROCESSOR_ID } from './version.ts';
import {
  type CutEvent,
  type Definition,
  isCut,
  type Observation,
  type Resolved,
} from './windows/cut.ts';
import { exactText, exactValue } from './windows/exact-json.ts';

/** A row of one of the two tables; nothing is ever looked up of it. */
export type CutNote = {
  readonly kind: 'cut';
  readonly offset: number;
  readonly recordedAt: number;
  readonly payload: string;
};

export type FactNote = {
  readonly kind: 'fact';
  readonly fact: Fact['fact'];
  readonly offset: number;
  readonly recordedAt: number;
  readonly payload: string;
  /** Blocks of transactions that an answer of the chain has told besides. */
  readonly places: readonly Place[];
};

type Place = Omit<PlaceRow, 'partition' | 'offset'>;

export type Fact =
  | ({ readonly fact: 'DEFINED' } & Definition)
  | ({ readonly fact: 'RESOLVED' } & Resolved)
  | ({ readonly fact: 'OBSERVED' } & Observation);

type Noted = Entity | CutNote | FactNote;

export type CutRow = {
  readonly partition: string;
  readonly market_seq: string;
  readonly offset: number;
  readonly recorded_at: number;
  readonly kind: string;
  readonly payload: string;
};

export type FactRow = {
  readonly partition: string;
  readonly event_id: string;
  readonly offset: number;
  readonly recorded_at: number;
  readonly fact: string;
  readonly payload: string;
};

/** The block of a transaction of an account. */
export type PlaceRow = {
  readonly partition: string;
  readonly account: string;
  readonly tx_hash: string;
  readonly offset: number;
  readonly block_number: number;
};

export const cutsTable: Table<CutRow> = table<CutRow>(
  'window_cuts',
  {
    partition: 'text',
    market_seq: 'text',
    offset: 'int',
    recorded_at: 'time',
    kind: 'text',
    payload: 'text',
  },
  ['partition', 'market_seq'],
);

export const factsTable: Table<FactRow> = table<FactRow>(
  'window_facts',
  {
    partition: 'text',
    event_id: 'text',
    offset: 'int',
    recorded_at: 'time',
    fact: 'text',
    payload: 'text',
  },
  ['partition', 'event_id'],
);

export const placesTable: Table<PlaceRow> = table<PlaceRow>(
  'window_places',
  { partition: 'text', account: 'text', tx_hash: 'text', offset: 'int', block_number: 'int' },
  ['partition', 'account', 'tx_hash', 'offset'],
);

const CUT = 'window_cut|';
const FACT = 'window_fact|';
const none: readonly string[] = [];

/**
 * The books, and what they leave for windows. Its notes are entities that only this file knows:
 * they are written and never read, so nobody else meets one.
 */
export function withCuts(
  books: Processor<LedgerEvent, Entity, LedgerEntry>,
): Processor<LedgerEvent, Entity, LedgerEntry> {
  return withNotes(books) as unknown as Processor<LedgerEvent, Entity, LedgerEntry>;
}

function withNotes(
  books: Processor<LedgerEvent, Entity, LedgerEntry>,
): Processor<LedgerEvent, Noted, LedgerEntry> {
  const { storage, keysThen } = books;
  const step: Processor<LedgerEvent, Noted, LedgerEntry>['step'] = (state, input) => {
    const { event, partition, offset } = input;
    // Most of all events, and none of ours.
    if (event.type === 'FillConfirmed') return books.step(state as Lookup<Entity>, input);
    const done = books.step(state as Lookup<Entity>, input);
    const put = noteOf(event, partition, offset);
    if (put === null) return done;
    // What the books refuse is nothing that a window could be valued by.
    if (done.outcome === 'quarantined' && done.because === 'MARKET_DEFINITION_DIFFERS') return done;
    if (done.outcome !== 'ignored') return { ...done, puts: [...done.puts, put] };
    // A definition that says nothing new is nothing new for windows either.
    if (event.type === 'MarketDefined' || event.type === 'MarketResolved') return done;
    return { outcome: 'applied', puts: [put], entries: [] };
  };
  return {
    ...(books as unknown as Processor<LedgerEvent, Noted, LedgerEntry>),
    keys: (event, partition) => {
      if (event.type === 'FillConfirmed') return books.keys(event, partition);
      const own = keyOf(event, partition);
      const keys = books.keys(event, partition);
      return own === null ? keys : [...keys, own];
    },
    ...(keysThen === undefined
      ? {}
      : {
          keysThen: (event, lookup, partition) =>
            event.type !== 'FillConfirmed' && isCut(event) && event.type !== 'ReportReleased'
              ? none
              : keysThen(event, lookup as Lookup<Entity>, partition),
        }),
    step,
    storage: {
      ...(storage as unknown as Processor<LedgerEvent, Noted, LedgerEntry>['storage']),
      state: [...storage.state, cutsTable, factsTable, placesTable],
      changes: (key, before, after) =>
        after?.kind === 'cut' || after?.kind === 'fact'
          ? noteChanges(key, after)
          : storage.changes(key, before as Entity | undefined, after),
      locate: (key) => locateNote(key) ?? storage.locate(key),
      revive: (key, rows) => (isNote(key) ? undefined : storage.revive(key, rows)),
    },
  };
}

/** Written once and never read back by the books: nothing to load. */
function isNote(key: string): boolean {
  return key.startsWith(CUT) || key.startsWith(FACT);
}

function keyOf(event: LedgerEvent, partition: number): string | null {
  switch (event.type) {
    case 'MarketDefined':
    case 'MarketResolved':
      return `${FACT}${String(partition)}|${event.value.event_id}`;
    case 'ChainBalancesObserved':
      if (event.value.window_id === null) return null;
      return `${FACT}${String(partition)}|${event.value.event_id}`;
    case 'ParametersChanged':
      if (event.value.processor !== PROCESSOR_ID) return null;
      return cutKey(event, partition);
    case 'ReportReleased':
      if (event.value.release_kind === 'REVENUE') return null;
      return cutKey(event, partition);
    default:
      return isCut(event) ? cutKey(event, partition) : null;
  }
}

function cutKey(event: CutEvent, partition: number): string {
  return `${CUT}${String(partition)}|${String(event.value.market_seq)}`;
}

function noteOf(event: LedgerEvent, partition: number, offset: number): Put<Noted> | null {
  const key = keyOf(event, partition);
  if (key === null) return null;
  const recordedAt = event.value.recorded_at;
  if (isCut(event))
    return { key, entity: { kind: 'cut', offset, recordedAt, payload: exactText(event) } };
  const fact = factOf(event);
  if (fact === null) return null;
  const payload = exactText(fact);
  const places = placesIn(event);
  return { key, entity: { kind: 'fact', fact: fact.fact, offset, recordedAt, payload, places } };
}

function placesIn(event: LedgerEvent): readonly Place[] {
  if (event.type !== 'ChainBalancesObserved') return [];
  const { account, transactions } = event.value;
  return transactions.map((one) => ({ account, ...one }));
}

function factOf(event: LedgerEvent): Fact | null {
  switch (event.type) {
    case 'MarketDefined': {
      const {
        condition_id: conditionId,
        tokens,
        neg_risk_market_id: negRiskMarketId,
      } = event.value;
      const questions = [...event.value.questions]
        .sort((a, b) => a.question_index - b.question_index)
        .map(questionOf)
        .map(({ numerators: _, ...question }) => question);
      const ids = tokens.map((one) => one.token_id);
      const { synthesised, effective_at: at } = event.value;
      const told = { conditionId, tokens: ids, synthesised, negRiskMarketId, at, questions };
      return { fact: 'DEFINED', ...told };
    }
    case 'MarketResolved': {
      const { condition_id: conditionId, block_time: at } = event.value;
      const numerators = numeratorsOf(event.value.payout_numerators);
      return numerators === null ? null : { fact: 'RESOLVED', conditionId, numerators, at };
    }
    case 'ChainBalancesObserved': {
      const { window_id: windowId, account, block_number: block, balance_pusd: cash } = event.value;
      if (windowId === null) return null;
      const tokens = event.value.tokens.map((one) => [one.token_id, one.balance_shares] as const);
      const { error } = event.value;
      return { fact: 'OBSERVED', windowId, account, block, cash, tokens, error };
    }
    default:
      return null;
  }
}

function noteChanges(key: string, note: CutNote | FactNote): readonly Change[] {
  const { first, second } = partsOf(key);
  const common = { partition: first, offset: note.offset, recorded_at: note.recordedAt };
  if (note.kind === 'fact') {
    const { fact, payload, offset } = note;
    const row = { ...common, event_id: second, fact, payload };
    const places = note.places.map((place) => ({
      upsert: placesTable.name,
      row: { ...place, partition: first, offset } satisfies PlaceRow,
    }));
    return [{ upsert: factsTable.name, row }, ...places];
  }
  const kind = (exactValue(note.payload) as CutEvent).type;
  const row = { ...common, market_seq: second, kind, payload: note.payload };
  return [{ upsert: cutsTable.name, row }];
}

function locateNote(
  key: string,
): readonly { readonly table: string; readonly where: Readonly<Record<string, string>> }[] | null {
  if (!isNote(key)) return null;
  const { first, second } = partsOf(key);
  return key.startsWith(CUT)
    ? [{ table: cutsTable.name, where: { partition: first, market_seq: second } }]
    : [{ table: factsTable.name, where: { partition: first, event_id: second } }];
}

function partsOf(key: string): { readonly first: string; readonly second: string } {
  const [, first = '', ...second] = key.split('|');
  return { first, second: second.join('|') };
}
