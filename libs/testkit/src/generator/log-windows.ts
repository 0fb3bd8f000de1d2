/**
 * What stands on a log besides the lives of orders (log-lives.ts) once windows are reported: days
 * that are closed on every partition, balances that the chain has said and others that it has not,
 * parameters and halts that change, fills that are released or reversed, reports that are approved.
 * It is said in between, of the accounts and fills that were seen before; the same seed and the
 * same events give the same records.
 *
 * All events of a log lie on one day or two, and the day is closed early: what comes after it comes
 * late, and each later cut revises every window that it touches.
 */

import {
  type FillConfirmed,
  type LedgerEvent,
  LEDGER_PARTITIONS,
  type Records,
} from '@polytraders/contracts';
import { priceE18, pusd, shares } from '@polytraders/money';
import { named, placed, type LogEvent } from './log-desk.ts';
import { type Random } from './random.ts';

/** The types of its records. */
export const WINDOW_TYPES = [
  'ChainBalancesObserved',
  'FillReleased',
  'FillReversed',
  'KillSwitchChanged',
  'ParametersChanged',
  'ReportReleased',
  'WindowBalancesComplete',
  'WindowClosed',
] as const satisfies readonly LedgerEvent['type'][];

export type WindowDesk = {
  /** Lets the desk see an event where it stands on the log. */
  readonly see: (event: LedgerEvent, partition: number, offset: number) => void;
  /** What is written now, in this order; mostly nothing. */
  readonly says: () => readonly LogEvent[];
};

type Seen = { readonly fill: FillConfirmed; readonly partition: number; readonly offset: number };
type Window = { readonly id: string; readonly start: number; readonly block: number };

const DAY = 86_400_000_000;
/** Days that are closed at most: each cut looks at all of them. */
const WINDOWS_MAX = 5;
const REMEMBERED = 300;
const FIRST_BLOCK = 94_800_000;
const BLOCKS_A_DAY = 57_600;
const GROUPINGS = ['bot', 'market', 'builder'] as const;
/** Market-wide records of lives count from 1. */
const FIRST_SEQ = 1_000_000;

type State = {
  at: number;
  number: number;
  seq: number;
  halted: boolean;
  readonly accounts: Set<string>;
  readonly tokens: Map<string, string[]>;
  readonly aside: Seen[];
  readonly booked: Seen[];
  readonly windows: Window[];
};

/** A desk that decides by `random`; about one event in `every` is followed by a word of it. */
export function windowDeskOf(random: Random, every: number): WindowDesk {
  const state: State = {
    at: 0,
    number: 0,
    seq: FIRST_SEQ,
    halted: false,
    accounts: new Set(),
    tokens: new Map(),
    aside: [],
    booked: [],
    windows: [],
  };
  return {
    see: (event, partition, offset) => see(state, event, partition, offset),
    says: () => {
      if (state.at === 0 || !random.chance(1, every)) return [];
      // Settings hold for windows that begin after them, the first ones for all before them.
      if (state.seq === FIRST_SEQ) return changeParameters(state, random, true);
      return random.pick(WORDS)(state, random);
    },
  };
}

function see(state: State, event: LedgerEvent, partition: number, offset: number): void {
  state.at = Math.max(state.at, event.value.recorded_at);
  if (event.type !== 'FillConfirmed') return;
  const fill = event.value;
  if (fill.paper) return;
  state.accounts.add(fill.account);
  const tokens = state.tokens.get(fill.account) ?? [];
  if (!tokens.includes(fill.token_id)) state.tokens.set(fill.account, [...tokens, fill.token_id]);
  const list = fill.fee_bps === null ? state.aside : state.booked;
  list.push({ fill, partition, offset });
  if (list.length > REMEMBERED) list.shift();
}

const WORDS: readonly ((state: State, random: Random) => readonly LogEvent[])[] = [
  closeDay,
  tellBalances,
  tellBalances,
  changeParameters,
  turnSwitch,
  approve,
  releaseFill,
  reverseFill,
  reverseFill,
];

function envelope(state: State) {
  const id = `w${(state.number++).toString(16).padStart(8, '0')}`;
  return {
    event_id: `evt_${id}`,
    correlation_id: `cor_${id}`,
    causation_id: null,
    producer: 'fill-ingestor',
    effective_at: state.at,
    recorded_at: state.at,
  };
}

function everywhere(event: LedgerEvent): readonly LogEvent[] {
  return Array.from({ length: LEDGER_PARTITIONS }, (_, partition) => ({
    event,
    partition,
    key: '*',
  }));
}

function closeDay(state: State, random: Random): readonly LogEvent[] {
  const { windows, tokens } = state;
  if (windows.length >= WINDOWS_MAX) return [];
  const start = Math.floor(state.at / DAY) * DAY + windows.length * DAY;
  const day = Math.floor(start / DAY);
  const window = { id: `win_${String(day)}`, start, block: FIRST_BLOCK + day * BLOCKS_A_DAY };
  windows.push(window);
  const held = [...new Set([...tokens.values()].flat())].slice(0, 40).sort();
  const value: Records['WindowClosed'] = {
    ...envelope(state),
    market_seq: ++state.seq,
    ...spanOf(window),
    backfilled: random.chance(1, 4),
    marks: held.map((token) => ({
      token_id: token,
      price: priceE18(BigInt(random.between(10, 990)) * 10n ** 15n),
      kind: random.chance(1, 2) ? 'MID' : 'LAST',
      observed_at: state.at - random.between(0, 120) * 1_000_000,
    })),
    marks_left_out: 0,
  };
  return everywhere({ type: 'WindowClosed', value });
}

function spanOf({ id, start }: Window) {
  return {
    window_id: id,
    window_kind: 'daily',
    window_start: start,
    window_end: start + DAY,
  } as const;
}

/** Of some accounts; of some of these the chain does not answer. */
function tellBalances(state: State, random: Random): readonly LogEvent[] {
  if (state.windows.length === 0) return [];
  const window = random.pick(state.windows);
  const place = {
    block_number: window.block,
    block_hash: `0x${'b'.repeat(64)}`,
    block_time: window.start + DAY - 1_000_000,
  };
  const asked = [...state.accounts].filter(() => random.chance(2, 3));
  let errors = 0;
  const observed = asked.map((account) => {
    const isError = random.chance(1, 8);
    if (isError) errors += 1;
    const tokens = (state.tokens.get(account) ?? []).map((token) => ({
      token_id: token,
      balance_shares: shares(BigInt(random.between(0, 9_000)) * 10_000n),
    }));
    const value: Records['ChainBalancesObserved'] = {
      ...envelope(state),
      account,
      window_id: window.id,
      ...(isError ? { block_number: null, block_hash: null, block_time: null } : place),
      balance_pusd: isError ? null : pusd(BigInt(random.between(0, 2_000_000)) * 1_000_000n),
      tokens: isError ? [] : tokens,
      error: isError ? 'CHAIN_UNREACHABLE: nobody answers.' : null,
      transactions: [],
    };
    return placed(account, { type: 'ChainBalancesObserved', value });
  });
  const value: Records['WindowBalancesComplete'] = {
    ...envelope(state),
    market_seq: ++state.seq,
    ...spanOf(window),
    ...place,
    attempt: 1,
    accounts: asked.length,
    errors,
  };
  return [...observed, ...everywhere({ type: 'WindowBalancesComplete', value })];
}

function changeParameters(
  state: State,
  random: Random,
  withPaper = random.chance(1, 2),
): readonly LogEvent[] {
  const value: Records['ParametersChanged'] = {
    ...envelope(state),
    market_seq: ++state.seq,
    processor: 'pnl-projector',
    mode: 'general_live',
    parameters: [
      { name: 'group_by', value: random.pick(GROUPINGS) },
      { name: 'include_paper', value: String(withPaper) },
      { name: 'reconcile_tolerance_pusd', value: '0.05' },
    ],
    changed_by: 'configuration',
  };
  return everywhere({ type: 'ParametersChanged', value });
}

function turnSwitch(state: State): readonly LogEvent[] {
  state.halted = !state.halted;
  const value: Records['KillSwitchChanged'] = {
    ...envelope(state),
    market_seq: ++state.seq,
    active: state.halted,
    since: state.at,
    bot_id: null,
    reason: 'drill',
    ...named('bus', String(state.number)),
  };
  return everywhere({ type: 'KillSwitchChanged', value });
}

/** Approves a revision that is held, or one that never was: the report says which. */
function approve(state: State, random: Random): readonly LogEvent[] {
  if (state.windows.length === 0) return [];
  const { start } = random.pick(state.windows);
  const end = new Date((start + DAY) / 1000).toISOString().slice(0, 10).replaceAll('-', '');
  const revision = random.between(1, 4);
  const suffix = revision === 1 ? '' : `_r${String(revision)}`;
  const value: Records['ReportReleased'] = {
    ...envelope(state),
    market_seq: ++state.seq,
    release_kind: 'WINDOW',
    report_ids: [`settlement_pnl_${end}T000000Z${suffix}`],
    until_offset: null,
    ...reviewed(state),
  };
  return everywhere({ type: 'ReportReleased', value });
}

function reviewed(state: State) {
  return {
    proposed_by: 'operator.one',
    approved_by: 'operator.two',
    reason: 'Looked at.',
    ...named('commands', String(state.number)),
  };
}

function releaseFill(state: State, random: Random): readonly LogEvent[] {
  const seen = takeOne(state.aside, random);
  if (seen === null) return [];
  const value: Records['FillReleased'] = {
    ...reviewOf(state, seen),
    fee_pusd: pusd(BigInt(random.between(0, 50_000))),
    builder_fee_pusd: null,
  };
  return [placed(seen.fill.account, { type: 'FillReleased', value })];
}

function reverseFill(state: State, random: Random): readonly LogEvent[] {
  const seen = takeOne(state.booked, random);
  if (seen === null) return [];
  const value: Records['FillReversed'] = reviewOf(state, seen);
  return [placed(seen.fill.account, { type: 'FillReversed', value })];
}

/** Each fill is reviewed once. */
function takeOne(list: Seen[], random: Random): Seen | null {
  return list.splice(random.between(0, Math.max(0, list.length - 1)), 1)[0] ?? null;
}

function reviewOf(state: State, { fill, partition, offset }: Seen) {
  return {
    ...envelope(state),
    fill_id: fill.fill_id,
    account: fill.account,
    original_event_id: fill.event_id,
    original_partition: partition,
    original_offset: offset,
    trading_bot_id: fill.trading_bot_id,
    condition_id: fill.condition_id,
    token_id: fill.token_id,
    confirmed_at: fill.confirmed_at,
    paper: fill.paper,
    ...reviewed(state),
  };
}
