/** Rows of what the writer remembers of movements and commands, and the way there and back. */

import { type ShareMicros, shares } from '@polytraders/money';
import { type Change, table } from '@polytraders/stream';
import { type MovementType } from '../raw.ts';
import {
  type BegunState,
  type ClaimsState,
  type CommandState,
  type HeldState,
  type Moved,
  type MovedState,
  type OpeningState,
  type ReservationState,
} from './state.ts';

export type HeldRow = {
  readonly log_partition: string;
  readonly account: string;
  readonly place: string;
  readonly token_id: string;
  readonly quantity_shares: bigint;
  readonly only_bot: string | null;
};

export type MovedRow = {
  readonly tx_hash: string;
  readonly account: string;
  readonly place: string;
  readonly log_partition: string;
  readonly type: string;
  readonly source: string;
  readonly content: string;
  readonly unplaced_at: number | null;
  readonly event_id: string;
  readonly bytes: Buffer;
};

export type ClaimRow = {
  readonly log_partition: string;
  readonly tx_hash: string;
  readonly job_id: string;
  readonly account: string;
  readonly claimed_by: string;
};

export type CommandRow = {
  readonly command_id: string;
  readonly log_partition: string;
  readonly content_hash: string;
  readonly event_id: string;
};

export type ReservationRow = {
  readonly reservation_id: string;
  readonly log_partition: string;
  readonly account: string;
  readonly expires_at: number | null;
};

export type OpeningRow = {
  readonly account: string;
  readonly log_partition: string;
  readonly event_id: string;
  readonly block_number: number | null;
  readonly effective_at: number;
};

export type BegunRow = {
  readonly account: string;
  readonly log_partition: string;
  readonly lowest_block: number | null;
  readonly earliest_at: number;
  readonly earliest_loose_at: number | null;
};

export type OpenRow = {
  readonly log_partition: string;
  readonly place: string;
  readonly order_id: string;
};

export type DeadlineRow = {
  readonly kind: 'order' | 'reservation';
  readonly id: string;
  readonly log_partition: string;
  readonly due_at: number;
};

/** One row a token and place; those of a place are one entity. */
export const HELD = table<HeldRow>(
  'held_tokens',
  {
    log_partition: 'text',
    account: 'text',
    place: 'text',
    token_id: 'text',
    quantity_shares: 'micros',
    only_bot: 'text',
  },
  ['log_partition', 'account', 'place', 'token_id'],
);

/** One row a movement; those of a wallet in one transaction are one entity. */
export const MOVED = table<MovedRow>(
  'movement',
  {
    tx_hash: 'text',
    account: 'text',
    place: 'text',
    log_partition: 'text',
    type: 'text',
    source: 'text',
    content: 'text',
    unplaced_at: 'time',
    event_id: 'text',
    bytes: 'bytes',
  },
  ['tx_hash', 'account', 'place'],
);

export const CLAIMS = table<ClaimRow>(
  'settlement_claim',
  {
    account: 'text',
    tx_hash: 'text',
    job_id: 'text',
    log_partition: 'text',
    claimed_by: 'text',
  },
  ['account', 'tx_hash', 'job_id'],
);

/** Guarded like fills: one id that is asked in two partitions is carried out in one. */
export const COMMANDS = table<CommandRow>(
  'command',
  { command_id: 'text', log_partition: 'text', content_hash: 'text', event_id: 'text' },
  ['command_id'],
  'log_partition',
);

/** Guarded, too: an id is one account's, whichever partition it is used in first. */
export const RESERVATIONS = table<ReservationRow>(
  'reservation',
  { reservation_id: 'text', log_partition: 'text', account: 'text', expires_at: 'time' },
  ['reservation_id'],
  'log_partition',
);

export const OPENINGS = table<OpeningRow>(
  'opening_balance',
  {
    account: 'text',
    log_partition: 'text',
    event_id: 'text',
    block_number: 'int',
    effective_at: 'time',
  },
  ['account'],
);

export const BEGUN = table<BegunRow>(
  'account_begun',
  {
    account: 'text',
    log_partition: 'text',
    lowest_block: 'int',
    earliest_at: 'time',
    earliest_loose_at: 'time',
  },
  ['account'],
);

/** The open orders by market: a view of `orders`, never written. */
export const OPEN_ORDERS = table<OpenRow>(
  'open_order',
  { log_partition: 'text', place: 'text', order_id: 'text' },
  ['log_partition', 'place', 'order_id'],
);

/** Deadlines that the clock has not told yet. The clock takes the rows away as it tells them. */
export const DEADLINES = table<DeadlineRow>(
  'deadline',
  { kind: 'text', id: 'text', log_partition: 'text', due_at: 'time' },
  ['kind', 'id'],
);

/** Rows of the tokens whose quantity has changed. */
export function changesOfHeld(before: HeldState | undefined, after: HeldState): readonly Change[] {
  const changed = [...after.tokens].filter(([token, now]) => before?.tokens.get(token) !== now);
  return changed.map(([token, quantity]) => ({
    upsert: HELD.name,
    row: {
      log_partition: String(after.partition),
      account: after.account,
      place: after.place,
      token_id: token,
      quantity_shares: quantity,
      only_bot: after.onlyBots.get(token) ?? null,
    } satisfies HeldRow,
  }));
}

export function heldOfRows(rows: readonly HeldRow[]): HeldState | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  const { account, place } = first;
  const tokens = new Map<string, ShareMicros>();
  const onlyBots = new Map<string, string | null>();
  for (const { token_id: token, quantity_shares: quantity, only_bot: bot } of rows) {
    tokens.set(token, shares(quantity));
    onlyBots.set(token, bot);
  }
  return { kind: 'held', partition: partitionOf(first), account, place, tokens, onlyBots };
}

/** Rows of the movements that were not there before. */
export function changesOfMoved(
  before: MovedState | undefined,
  after: MovedState,
): readonly Change[] {
  const fresh = [...after.places].filter(([place]) => before?.places.has(place) !== true);
  return fresh.map(([place, moved]) => ({
    upsert: MOVED.name,
    row: {
      tx_hash: after.txHash,
      account: after.account,
      place,
      log_partition: String(after.partition),
      type: moved.type,
      source: moved.source,
      content: moved.content,
      unplaced_at: moved.unplacedAt,
      event_id: moved.eventId,
      bytes: moved.bytes,
    } satisfies MovedRow,
  }));
}

export function movedOfRows(rows: readonly MovedRow[]): MovedState | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  const { tx_hash: txHash, account } = first;
  const places = rows.map(({ place, content, bytes, ...row }) => {
    const told: Moved = {
      type: row.type as MovementType,
      source: row.source as Moved['source'],
      content,
      unplacedAt: row.unplaced_at,
      eventId: row.event_id,
      bytes,
    };
    return [place, told] as const;
  });
  return { kind: 'moved', partition: partitionOf(first), txHash, account, places: new Map(places) };
}

export function changesOfClaims(
  before: ClaimsState | undefined,
  after: ClaimsState,
): readonly Change[] {
  const fresh = [...after.jobs].filter(([job]) => before?.jobs.has(job) !== true);
  return fresh.map(([job, { claimedBy }]) => ({
    upsert: CLAIMS.name,
    row: {
      log_partition: String(after.partition),
      tx_hash: after.txHash,
      job_id: job,
      account: after.account,
      claimed_by: claimedBy,
    } satisfies ClaimRow,
  }));
}

export function claimsOfRows(rows: readonly ClaimRow[]): ClaimsState | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  const jobs = rows.map(({ job_id: job, claimed_by: claimedBy }) => [job, { claimedBy }] as const);
  const { account, tx_hash: txHash } = first;
  return { kind: 'claims', partition: partitionOf(first), account, txHash, jobs: new Map(jobs) };
}

export function rowOfCommand(state: CommandState): CommandRow {
  return {
    command_id: state.commandId,
    log_partition: String(state.partition),
    content_hash: state.content,
    event_id: state.eventId,
  };
}

export function commandOfRow(row: CommandRow): CommandState {
  return {
    kind: 'command',
    partition: partitionOf(row),
    commandId: row.command_id,
    content: row.content_hash,
    eventId: row.event_id,
  };
}

export function rowOfReservation(state: ReservationState): ReservationRow {
  return {
    reservation_id: state.reservationId,
    log_partition: String(state.partition),
    account: state.account,
    expires_at: state.expiresAt,
  };
}

export function reservationOfRow(row: ReservationRow): ReservationState {
  return {
    kind: 'reservation',
    partition: partitionOf(row),
    reservationId: row.reservation_id,
    account: row.account,
    expiresAt: row.expires_at,
  };
}

export function rowOfOpening({ account, partition, ...opening }: OpeningState): OpeningRow {
  const { eventId, block, at } = opening;
  const log_partition = String(partition);
  return { account, log_partition, event_id: eventId, block_number: block, effective_at: at };
}

export function openingOfRow(row: OpeningRow): OpeningState {
  const { account, event_id: eventId, block_number: block, effective_at: at } = row;
  return { kind: 'opening', partition: partitionOf(row), account, eventId, block, at };
}

export function rowOfBegun(state: BegunState): BegunRow {
  return {
    account: state.account,
    log_partition: String(state.partition),
    lowest_block: state.lowestBlock,
    earliest_at: state.earliestAt,
    earliest_loose_at: state.earliestLooseAt,
  };
}

export function begunOfRow(row: BegunRow): BegunState {
  return {
    kind: 'begun',
    partition: partitionOf(row),
    account: row.account,
    lowestBlock: row.lowest_block,
    earliestAt: row.earliest_at,
    earliestLooseAt: row.earliest_loose_at,
  };
}

function partitionOf(row: { readonly log_partition: string }): number {
  return Number(row.log_partition); // tidy-ok: a partition number.
}
