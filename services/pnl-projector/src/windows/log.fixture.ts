/** Events of a log for tests of windows: fills, what closes windows, what the chain says. */

import {
  type ChainBalancesObserved,
  type FillConfirmed,
  type KillSwitchChanged,
  type LedgerEvent,
  type ReportReleased,
  type WindowBalancesComplete,
  type WindowClosed,
} from '@polytraders/contracts';
import { dayOf } from '@polytraders/domain';
import {
  parsePusd,
  parseShares,
  priceE18,
  type PusdMicros,
  type ShareMicros,
} from '@polytraders/money';
import { fillConfirmed, parametersChanged } from '../events.fixture.ts';
import { type Mode, partitionOfAccount } from '../entities.ts';
import { createDesk, type Desk } from './desk.fixture.ts';
import { type ReportEntry } from './entry.ts';

export const DAY = 86_400_000_000;
export const PARTITIONS = 12;

export function atDay(date: string, seconds = 0): number {
  return dayOf(date) * DAY + seconds * 1_000_000;
}

export function usd(text: string): PusdMicros {
  return parsePusd(text) as PusdMicros;
}

export function qty(text: string): ShareMicros {
  return parseShares(text) as ShareMicros;
}

export function price(text: string): ReturnType<typeof priceE18> {
  const [whole = '0', rest = ''] = text.split('.');
  return priceE18(BigInt(`${whole}${rest.padEnd(18, '0')}`));
}

/** So many wallets, spread over partitions. */
export function wallets(count: number): readonly string[] {
  return Array.from(
    { length: count },
    (_, at) => `0x${(0xa000 + at * 7919).toString(16).padStart(40, '0')}`,
  );
}

/** What the chain says of a wallet: amounts, and blocks of transactions by their hash. */
export type Found = {
  readonly cash: string;
  readonly tokens?: Readonly<Record<string, string>>;
  readonly placed?: Readonly<Record<string, number>>;
};

type Envelope = Pick<
  WindowClosed,
  | 'event_id'
  | 'correlation_id'
  | 'causation_id'
  | 'producer'
  | 'effective_at'
  | 'recorded_at'
  | 'market_seq'
>;

/** A log in the making: each event to its account's partition, market-wide ones to all. */
export type Log = {
  readonly desk: Desk;
  readonly fill: (said: Partial<FillConfirmed> & { readonly account: string }) => void;
  readonly event: (account: string, event: LedgerEvent) => void;
  readonly tell: (mode: Mode, settings?: Readonly<Record<string, string>>, at?: number) => void;
  /** Closes the day; answers the reports that are cut then. */
  readonly close: (date: string, marks?: WindowClosed['marks']) => readonly ReportEntry[];
  readonly observe: (date: string, account: string, found: Found | string, block: number) => void;
  readonly complete: (
    date: string,
    block: number | null,
    errors?: number,
  ) => readonly ReportEntry[];
  readonly release: (
    reports: readonly string[],
    kind?: ReportReleased['release_kind'],
    until?: number | null,
  ) => readonly ReportEntry[];
  readonly halt: (active: boolean, since: number, bot?: string | null) => void;
};

/** `order` says in which order partitions take a market-wide event. */
export function createLog(desk: Desk = createDesk(PARTITIONS)): Log {
  let seq = 0;
  let fills = 0;
  const envelope = (name: string, at: number): Envelope => {
    seq += 1;
    return {
      event_id: `evt_${name}_${String(seq)}`,
      correlation_id: `cor_${name}`,
      causation_id: null,
      producer: 'fill-ingestor/1',
      effective_at: at,
      recorded_at: at + 1_000_000,
      market_seq: seq,
    };
  };
  const all = (event: LedgerEvent): readonly ReportEntry[] => {
    for (let partition = 0; partition < PARTITIONS; partition += 1) desk.take(partition, event);
    return desk.gather();
  };
  const event = (account: string, one: LedgerEvent): void => {
    desk.take(partitionOfAccount(account), one);
  };
  return {
    desk,
    event,
    fill: (said) => {
      fills += 1;
      const at = said.confirmed_at ?? atDay('2026-05-08', 43_200);
      const value = fillConfirmed({
        fill_id: `f${String(fills)}`,
        effective_at: at,
        recorded_at: at + 1000,
        confirmed_at: at,
        ...said,
      });
      event(said.account, { type: 'FillConfirmed', value });
    },
    tell: (mode, settings = {}, at = atDay('2026-05-01')) => {
      const value = { ...parametersChanged(mode, settings), ...envelope('parameters', at) };
      all({ type: 'ParametersChanged', value });
    },
    close: (date, marks = []) => {
      const start = atDay(date);
      const value: WindowClosed = {
        ...envelope('closed', start + DAY),
        window_id: windowId(date),
        window_kind: 'daily',
        window_start: start,
        window_end: start + DAY,
        backfilled: false,
        marks,
        marks_left_out: 0,
      };
      return all({ type: 'WindowClosed', value });
    },
    observe: (date, account, found, block) => {
      event(account, {
        type: 'ChainBalancesObserved',
        value: observation(envelope('observed', atDay(date) + DAY), date, account, found, block),
      });
    },
    complete: (date, block, errors = 0) => {
      const end = atDay(date) + DAY;
      const value: WindowBalancesComplete = {
        ...envelope('complete', end),
        window_id: windowId(date),
        window_kind: 'daily',
        window_start: end - DAY,
        window_end: end,
        block_number: block,
        block_hash: block === null ? null : `0x${'b'.repeat(64)}`,
        block_time: block === null ? null : end - 1_000_000,
        attempt: 1,
        accounts: 1,
        errors,
      };
      return all({ type: 'WindowBalancesComplete', value });
    },
    release: (reports, kind = 'WINDOW', until = null) => {
      const value: ReportReleased = {
        ...envelope('released', atDay('2026-05-20')),
        release_kind: kind,
        report_ids: [...reports],
        until_offset: until,
        proposed_by: 'ann',
        approved_by: 'bob',
        reason: 'reviewed',
        source: 'commands',
        source_position: 'polytraders.ledger.commands/0/1',
      };
      return all({ type: 'ReportReleased', value });
    },
    halt: (active, since, bot = null) => {
      const value: KillSwitchChanged = {
        ...envelope('halt', since),
        active,
        since,
        bot_id: bot,
        reason: 'drill',
        source: 'bus',
        source_position: 'polytraders.reports.operations/0/1',
      };
      all({ type: 'KillSwitchChanged', value });
    },
  };
}

export function windowId(date: string): string {
  return `window-${date}`;
}

function observation(
  envelope: Envelope,
  date: string,
  account: string,
  found: Found | string,
  block: number,
): ChainBalancesObserved {
  const { market_seq: _, ...own } = envelope;
  const isError = typeof found === 'string';
  return {
    ...own,
    account,
    window_id: windowId(date),
    block_number: isError ? null : block,
    block_hash: isError ? null : `0x${'b'.repeat(64)}`,
    block_time: isError ? null : atDay(date) + DAY - 1_000_000,
    balance_pusd: isError ? null : usd(found.cash),
    tokens: isError
      ? []
      : Object.entries(found.tokens ?? {}).map(([token, quantity]) => ({
          token_id: token,
          balance_shares: qty(quantity),
        })),
    error: isError ? found : null,
    transactions: isError
      ? []
      : Object.entries(found.placed ?? {}).map(([tx_hash, block_number]) => ({
          tx_hash,
          block_number,
        })),
  };
}

/** The lines of a report as a test reads them: amounts as they are printed. */
export function shownReport(entry: ReportEntry | undefined): Readonly<Record<string, unknown>> {
  if (entry === undefined) return {};
  return {
    id: entry.report_id,
    fills: entry.total_fills,
    volume: entry.gross_volume_pusd,
    realised: entry.realised_pnl_pusd,
    unrealised: entry.unrealised_pnl_pusd,
    status: entry.reconciliation_status,
    publication: entry.publication,
  };
}
