/**
 * Where the writer's entities and entries are kept: schema `ingest`. The views of market data are
 * read here and written by the bus reader.
 */

import { fileURLToPath } from 'node:url';
import { fromJson } from '@polytraders/contracts';
import { priceE18 } from '@polytraders/money';
import { type Change, type Storage, type Table, table } from '@polytraders/stream';
import { type Entry } from './entry.ts';
import {
  type DoubtRow,
  DOUBTS,
  doubtsOfRows,
  FILL_BY_PLACE,
  FILL_IDENTITY,
  FILL_PLACE,
  fillOfRow,
  type FillRow,
  marketOfRow,
  MARKETS,
  type MarketRow,
  ORDER_BY_HASH,
  orderOfRow,
  ORDERS,
  type OrderRow,
  rowOfFill,
  rowOfMarket,
  rowOfOrder,
  rowOfPlace,
  rowOfSource,
  rowsOfDoubts,
  sourceOfRow,
  type SourceRow,
  SOURCES,
} from './rows.ts';
import { changesOfDeadline, changesOfReservation } from './deadlines.ts';
import {
  BEGUN,
  begunOfRow,
  type BegunRow,
  changesOfClaims,
  changesOfHeld,
  changesOfMoved,
  type ClaimRow,
  CLAIMS,
  claimsOfRows,
  commandOfRow,
  type CommandRow,
  COMMANDS,
  DEADLINES,
  HELD,
  heldOfRows,
  type HeldRow,
  MOVED,
  movedOfRows,
  type MovedRow,
  OPEN_ORDERS,
  openingOfRow,
  type OpeningRow,
  OPENINGS,
  type OpenRow,
  reservationOfRow,
  type ReservationRow,
  RESERVATIONS,
  rowOfBegun,
  rowOfCommand,
  rowOfOpening,
} from './rows-movements.ts';
import {
  DAYS,
  MOVED_DAYS,
  RELEASES,
  REVIEWS,
  rowOfDay,
  rowOfRelease,
  rowOfReview,
  windowsOfRows,
} from './rows-windows.ts';
import {
  type Entity,
  type FillState,
  isGlobalKey,
  isVolatileKey,
  type MarketFacts,
} from './state.ts';

type DefinitionRow = {
  readonly place: string;
  readonly definition: string;
  readonly definition_hash: string;
};

type MarkRow = {
  readonly place: string;
  readonly token_id: string;
  readonly kind: string;
  readonly price: bigint;
  readonly observed_at: number;
};

const LEDGER = table<Omit<Entry, 'record'>>('outbox', {
  event_id: 'text',
  record_type: 'text',
  topic: 'text',
  key: 'text',
  fill_id: 'text',
  source_position: 'text',
  reason_code: 'text',
  recorded_at: 'time',
  body: 'text',
});

/** A market by its condition, and the same market by one of its tokens. */
const DEFINITIONS = definitionsIn('market_facts');
const DEFINITIONS_BY_TOKEN = definitionsIn('market_facts_by_token');
const DEFINITIONS_BY_EVENT = definitionsIn('market_facts_by_event');
const MARKS = marksIn('market_marks');
const MARKS_BY_TOKEN = marksIn('market_marks_by_token');

function definitionsIn(view: string): Table<DefinitionRow> {
  const columns = { place: 'text', definition: 'text', definition_hash: 'text' } as const;
  return table<DefinitionRow>(view, columns, ['place']);
}

function marksIn(view: string): Table<MarkRow> {
  return table<MarkRow>(
    view,
    { place: 'text', token_id: 'text', kind: 'text', price: 'price', observed_at: 'time' },
    ['place', 'token_id', 'kind'],
  );
}

/** Marks by their token, also of one that no definition names. */
const TOKEN_MARKS = table<Omit<MarkRow, 'place'>>(
  'mark',
  {
    token_id: 'text',
    kind: 'text',
    price: 'price',
    observed_at: 'time',
  },
  ['token_id', 'kind'],
);

type Place = { readonly table: string; readonly where: Readonly<Record<string, string>> };

export const storage: Storage<Entity, Entry> = {
  schema: () => 'ingest',
  migrations: fileURLToPath(new URL('../../sql', import.meta.url)),
  ledger: LEDGER,
  state: [
    FILL_IDENTITY,
    FILL_PLACE,
    FILL_BY_PLACE,
    ORDERS,
    ORDER_BY_HASH,
    SOURCES,
    DOUBTS,
    MARKETS,
    HELD,
    MOVED,
    CLAIMS,
    COMMANDS,
    RESERVATIONS,
    OPENINGS,
    BEGUN,
    OPEN_ORDERS,
    DEADLINES,
    DAYS,
    MOVED_DAYS,
    REVIEWS,
    RELEASES,
    DEFINITIONS,
    DEFINITIONS_BY_TOKEN,
    DEFINITIONS_BY_EVENT,
    MARKS,
    MARKS_BY_TOKEN,
    TOKEN_MARKS,
  ],
  isVolatile: isVolatileKey,
  isGlobal: isGlobalKey,
  changes,
  locate,
  revive,
};

/**
 * Each entity is one row, a fill with a place on the chain two, an order with a deadline two. The
 * second key of a fill or order only finds it and writes nothing; nor do the open orders of a
 * market, which are read out of `orders`.
 */
function changes(
  key: string,
  before: Entity | undefined,
  after: Entity | undefined,
): readonly Change[] {
  if (after === undefined) return [];
  const known = before?.kind === after.kind ? before : undefined;
  switch (after.kind) {
    case 'fill': {
      if (!key.startsWith('fill|')) return [];
      const own: Change = { upsert: FILL_IDENTITY.name, row: rowOfFill(after) };
      return [own, ...changesOfPlace(known as typeof after | undefined, after)];
    }
    case 'order': {
      if (!key.startsWith('order|')) return [];
      const own: Change = { upsert: ORDERS.name, row: rowOfOrder(after) };
      return [own, ...changesOfDeadline(known as typeof after | undefined, after)];
    }
    case 'source':
      return [{ upsert: SOURCES.name, row: rowOfSource(after) }];
    case 'doubts':
      return rowsOfDoubts(known as typeof after | undefined, after).map((row) => ({
        upsert: DOUBTS.name,
        row,
      }));
    case 'market':
      return [{ upsert: MARKETS.name, row: rowOfMarket(after) }];
    case 'held':
      return changesOfHeld(known as typeof after | undefined, after);
    case 'moved':
      return changesOfMoved(known as typeof after | undefined, after);
    case 'claims':
      return changesOfClaims(known as typeof after | undefined, after);
    case 'command':
      return [{ upsert: COMMANDS.name, row: rowOfCommand(after) }];
    case 'reservation':
      return changesOfReservation(known as typeof after | undefined, after);
    case 'opening':
      return [{ upsert: OPENINGS.name, row: rowOfOpening(after) }];
    case 'begun':
      return [{ upsert: BEGUN.name, row: rowOfBegun(after) }];
    case 'day':
      return [{ upsert: DAYS.name, row: rowOfDay(after) }];
    case 'moved-day':
      return [{ upsert: MOVED_DAYS.name, row: rowOfDay(after) }];
    case 'review':
      return [{ upsert: REVIEWS.name, row: rowOfReview(after) }];
    case 'release':
      return [{ upsert: RELEASES.name, row: rowOfRelease(after) }];
    case 'open':
    case 'facts':
      return [];
  }
}

function changesOfPlace(before: FillState | undefined, after: FillState): readonly Change[] {
  const left = rowOfPlace(before);
  const taken = rowOfPlace(after);
  if (left?.tx_hash === taken?.tx_hash && left?.order_hash === taken?.order_hash) return [];
  return [
    ...(left === null ? [] : [{ remove: FILL_PLACE.name, row: left }]),
    ...(taken === null ? [] : [{ upsert: FILL_PLACE.name, row: taken }]),
  ];
}

function locate(key: string): readonly Place[] {
  const bar = key.indexOf('|');
  const kind = key.slice(0, bar);
  const name = key.slice(bar + 1);
  switch (kind) {
    case 'fill':
      return [{ table: FILL_IDENTITY.name, where: { fill_id: name } }];
    case 'coordinates': {
      const [txHash = '', orderHash = ''] = name.split(':');
      return [{ table: FILL_BY_PLACE.name, where: { tx_hash: txHash, order_hash: orderHash } }];
    }
    case 'order':
      return [{ table: ORDERS.name, where: { order_id: name } }];
    case 'order-hash':
      return [{ table: ORDER_BY_HASH.name, where: { order_hash: name } }];
    case 'source':
      return [{ table: SOURCES.name, where: { account: name } }];
    case 'doubts':
      return [{ table: DOUBTS.name, where: { log_partition: name } }];
    case 'market':
    case 'open': {
      const cut = name.indexOf('|');
      const where = { log_partition: name.slice(0, cut), place: name.slice(cut + 1) };
      return [{ table: (kind === 'market' ? MARKETS : OPEN_ORDERS).name, where }];
    }
    case 'held': {
      const [partition = '', account = '', ...place] = name.split('|');
      const where = { log_partition: partition, account, place: place.join('|') };
      return [{ table: HELD.name, where }];
    }
    case 'moved': {
      const [txHash = '', account = ''] = name.split('|');
      return [{ table: MOVED.name, where: { tx_hash: txHash, account } }];
    }
    case 'claims': {
      const [account = '', txHash = ''] = name.split('|');
      return [{ table: CLAIMS.name, where: { account, tx_hash: txHash } }];
    }
    case 'command':
      return [{ table: COMMANDS.name, where: { command_id: name } }];
    case 'reservation':
      return [{ table: RESERVATIONS.name, where: { reservation_id: name } }];
    case 'opening':
      return [{ table: OPENINGS.name, where: { account: name } }];
    case 'begun':
      return [{ table: BEGUN.name, where: { account: name } }];
    case 'day':
    case 'moved-day': {
      const [partition = '', day = ''] = name.split('|');
      const table = (kind === 'day' ? DAYS : MOVED_DAYS).name;
      return [{ table, where: { log_partition: partition, day } }];
    }
    case 'review':
      return [{ table: REVIEWS.name, where: { fill_id: name } }];
    case 'release': {
      const cut = name.indexOf('|');
      const where = { log_partition: name.slice(0, cut), command_id: name.slice(cut + 1) };
      return [{ table: RELEASES.name, where }];
    }
    case 'event':
      return [at(name)(DEFINITIONS_BY_EVENT)];
    case 'mark':
      return [{ table: TOKEN_MARKS.name, where: { token_id: name } }];
    case 'token':
      return [DEFINITIONS_BY_TOKEN, MARKS_BY_TOKEN].map(at(name));
    default:
      return [DEFINITIONS, MARKS].map(at(name));
  }
}

function at(place: string): (view: { readonly name: string }) => Place {
  return (view) => ({ table: view.name, where: { place } });
}

function revive(
  _key: string,
  rows: Readonly<Record<string, readonly object[]>>,
): Entity | undefined {
  const fill = rows[FILL_IDENTITY.name]?.[0] ?? rows[FILL_BY_PLACE.name]?.[0];
  if (fill !== undefined) return fillOfRow(fill as FillRow);
  const order = rows[ORDERS.name]?.[0] ?? rows[ORDER_BY_HASH.name]?.[0];
  if (order !== undefined) return orderOfRow(order as OrderRow);
  const source = rows[SOURCES.name]?.[0];
  if (source !== undefined) return sourceOfRow(source as SourceRow);
  const doubts = rows[DOUBTS.name];
  if (doubts !== undefined) return doubtsOfRows(doubts as readonly DoubtRow[]);
  const market = rows[MARKETS.name]?.[0];
  if (market !== undefined) return marketOfRow(market as MarketRow);
  return windowsOfRows(rows) ?? movementsOfRows(rows) ?? factsOfRows(rows);
}

function movementsOfRows(rows: Readonly<Record<string, readonly object[]>>): Entity | undefined {
  const of = <Row>(name: string): readonly Row[] => (rows[name] ?? []) as readonly Row[];
  const [command] = of<CommandRow>(COMMANDS.name);
  if (command !== undefined) return commandOfRow(command);
  const [reservation] = of<ReservationRow>(RESERVATIONS.name);
  if (reservation !== undefined) return reservationOfRow(reservation);
  const [opening] = of<OpeningRow>(OPENINGS.name);
  if (opening !== undefined) return openingOfRow(opening);
  const [begun] = of<BegunRow>(BEGUN.name);
  if (begun !== undefined) return begunOfRow(begun);
  const open = of<OpenRow>(OPEN_ORDERS.name);
  if (open.length > 0) return { kind: 'open', orders: new Set(open.map((row) => row.order_id)) };
  return (
    heldOfRows(of<HeldRow>(HELD.name)) ??
    movedOfRows(of<MovedRow>(MOVED.name)) ??
    claimsOfRows(of<ClaimRow>(CLAIMS.name))
  );
}

function factsOfRows(rows: Readonly<Record<string, readonly object[]>>): MarketFacts | undefined {
  const [defined] = (rows[DEFINITIONS.name] ??
    rows[DEFINITIONS_BY_TOKEN.name] ??
    rows[DEFINITIONS_BY_EVENT.name] ??
    []) as readonly DefinitionRow[];
  const marks = (rows[MARKS.name] ??
    rows[MARKS_BY_TOKEN.name] ??
    rows[TOKEN_MARKS.name] ??
    []) as readonly MarkRow[];
  if (defined === undefined && marks.length === 0) return undefined;
  return {
    kind: 'facts',
    definition:
      defined === undefined ? null : fromJson('MarketDefinition', JSON.parse(defined.definition)),
    definitionHash: defined?.definition_hash ?? null,
    marks: marks.map((mark) => ({
      tokenId: mark.token_id,
      kind: mark.kind === 'MID' ? 'MID' : 'LAST',
      price: priceE18(mark.price),
      observedAt: mark.observed_at,
    })),
  };
}
