/**
 * What a reversal promises of any history: the books of the history without that fill, and ledger
 * lines whose sums say the same of every day.
 */

import { describe, expect, test } from '@jest/globals';
import {
  type FillConfirmed,
  type LedgerEvent,
  type SettlementReport,
} from '@polytraders/contracts';
import {
  avgCost,
  costBasis,
  flatPosition,
  isSamePosition,
  lotsOf,
  positionShares,
} from '@polytraders/domain';
import { pusd } from '@polytraders/money';
import { createDriver, type Driven, type Recorded } from '@polytraders/stream';
import fc from 'fast-check';
import { act, type Log, logOf, PARTITION } from '../acts.fixture.ts';
import { type Entity, type Holding, holdingKey } from '../entities.ts';
import { type LedgerEntry } from '../entry.ts';
import { processor } from '../processor.ts';
import { fillReleased, fillReversed } from './reviewed.fixture.ts';

type Played = Driven<Entity, LedgerEntry>;
const play = (log: Log): Played => createDriver(processor).drive(log);

/** Fills more often than in other logs, few amounts: FIFO and sharing meet at their edges. */
const histories = fc.record({
  list: fc.array(act, { minLength: 2, maxLength: 40 }),
  /** Which of its fills goes. */
  which: fc.nat(),
  /** How much of the log is behind the reversal. */
  tail: fc.nat({ max: 12 }),
});

const DAY = 86_400_000_000;

/** The log with one day between every third event, so that windows differ. */
function dated(log: Log): Log {
  return log.map(({ event, ...place }, index) => {
    const later = Math.floor(index / 3) * DAY;
    const value = { ...event.value, effective_at: event.value.effective_at + later };
    const isFill = event.type === 'FillConfirmed';
    const confirmed = isFill ? { confirmed_at: event.value.confirmed_at + later } : {};
    return { ...place, event: { ...event, value: { ...value, ...confirmed } } as LedgerEvent };
  });
}

type Case = { readonly fill: FillConfirmed; readonly at: number; readonly log: Log };

/** A log, one fill of it, and the place behind it at which it is taken back. */
function caseOf({ list, which, tail }: typeof histories extends fc.Arbitrary<infer C> ? C : never) {
  const log = dated(logOf(list));
  const fills = log.flatMap(({ event, offset }) =>
    event.type === 'FillConfirmed' ? [{ fill: event.value, offset }] : [],
  );
  const chosen = fills[which % Math.max(fills.length, 1)];
  if (chosen === undefined) return null;
  const at = Math.max(chosen.offset + 1, log.length - tail);
  return { fill: chosen.fill, at, log } satisfies Case;
}

function reversal(fill: FillConfirmed, offset: number): Recorded<LedgerEvent> {
  const event: LedgerEvent = { type: 'FillReversed', value: fillReversed(fill) };
  return { event, topic: 'polytraders.ledger.events', partition: PARTITION, offset };
}

/** Offsets go on; what stood behind the place of insertion moves up by one. */
function inserted(log: Log, one: Recorded<LedgerEvent>): Log {
  const before = log.slice(0, one.offset);
  const behind = log.slice(one.offset).map((each) => ({ ...each, offset: each.offset + 1 }));
  return [...before, one, ...behind];
}

/** The same places, without the fill. */
function without(log: Log, fillId: string): Log {
  return log.filter(({ event }) => !('fill_id' in event.value && event.value.fill_id === fillId));
}

/** Lots, basis and realised of every book that ever had a share, and the wallets. */
function booksOf({ entities }: Played): object {
  const books = [...entities].flatMap(([key, entity]) => {
    if (entity.kind !== 'holding') return [];
    const own = entity.books
      .filter(({ bot, position, walletShares }) => {
        const isEmpty = position.direction === 'FLAT' && position.realised === 0n;
        return bot !== '' && !(isEmpty && walletShares === 0n);
      })
      .map(({ bot, position, walletShares, fills, volume, netFees, quarantinedFills }) => ({
        ...{ bot, direction: position.direction, realised: position.realised },
        ...{ lots: lotsOf(position.lots), walletShares },
        ...{ fills, volume, netFees, quarantinedFills },
      }))
      .sort((a, b) => (a.bot < b.bot ? -1 : 1));
    const isNothing = own.length === 0 && entity.shares === 0n;
    return isNothing ? [] : [[key, { shares: entity.shares, books: own }] as const];
  });
  return Object.fromEntries(books.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Sums of the lines by day, account, token and bot: what windows are made from. */
function sumsOf({ entries }: Played): object {
  const sums = new Map<string, Record<string, bigint>>();
  for (const entry of entries) {
    const day = Math.floor(entry.confirmed_at / DAY);
    const { account, token_id: token, trading_bot_id: bot } = entry;
    const name = [day, account, token, bot, entry.quarantined].join('|');
    const sum = sums.get(name) ?? {};
    sums.set(name, sum);
    for (const [of, amount] of Object.entries(additive(entry))) sum[of] = (sum[of] ?? 0n) + amount;
  }
  const some = [...sums].filter(([, sum]) => Object.values(sum).some((amount) => amount !== 0n));
  return Object.fromEntries(some.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function additive(entry: LedgerEntry): Record<string, bigint> {
  const { order_side: side, entry_kind: kind } = entry;
  const quantity = entry.quantity_shares ?? 0n;
  const count = kind === 'FILL' || kind === 'RELEASE' ? 1n : kind === 'REVERSE' ? -1n : 0n;
  return {
    fills: count,
    shares: side === 'SELL' ? -quantity : quantity,
    volume: entry.size_pusd ?? 0n,
    cash: entry.cash_pusd ?? 0n,
    fees: entry.net_fee_pusd ?? 0n,
    realised: entry.realised_pnl_pusd ?? 0n,
    unknown: entry.unknown_basis_pusd ?? 0n,
    carried: entry.carried_basis_pusd ?? 0n,
    opened: entry.opened_shares,
    openedBasis: entry.opened_basis_pusd,
    closed: entry.closed_shares,
    closedBasis: entry.closed_basis_pusd,
  };
}

describe('a reversal', () => {
  test('any history with a reversal has the books of the history without that fill', () => {
    let reversed = 0;
    fc.assert(
      fc.property(histories, (history) => {
        const chosen = caseOf(history);
        fc.pre(chosen !== null);
        const { fill, at, log } = chosen;
        const whole = inserted(log, reversal(fill, at));
        const taken = play(whole);
        const outcome = taken.outcomes[at];
        expect(outcome).toEqual({ outcome: 'applied', because: '' });
        reversed += 1;
        const never = play(without(whole, fill.fill_id).filter(({ offset }) => offset !== at));
        expect(booksOf(taken)).toEqual(booksOf(never));
        expect(sumsOf(taken)).toEqual(sumsOf(never));
      }),
      { numRuns: 1_500 },
    );
    expect(reversed).toBeGreaterThan(500);
  });

  test('every book that it changes has a line of it, which says what the book is after it', () => {
    let doubted = 0;
    fc.assert(
      fc.property(histories, (history) => {
        const chosen = caseOf({ ...history, tail: 0 });
        fc.pre(chosen !== null);
        const { fill, log } = chosen;
        const before = play(log);
        const taken = play([...log, reversal(fill, log.length)]);
        const lines = taken.entries.slice(before.entries.length);
        for (const [key, entity] of taken.entities) {
          if (entity.kind !== 'holding') continue;
          const was = before.entities.get(key) as Holding | undefined;
          for (const { bot, position } of entity.books) {
            const old = was?.books.find((book) => book.bot === bot)?.position ?? flatPosition();
            if (isSamePosition(old, position)) continue;
            const own = lines.filter(
              (line) => holdingKey(line.account, line.token_id ?? '') === key,
            );
            const last = own.filter((line) => line.trading_bot_id === bot).at(-1);
            expect(last).toMatchObject({
              position_shares: positionShares(position),
              cost_basis_pusd: costBasis(position),
              avg_cost: avgCost(position),
            });
            if (old.lots.unknown !== position.lots.unknown) doubted += 1;
          }
        }
      }),
      { numRuns: 1_500 },
    );
    expect(doubted).toBeGreaterThan(0);
  });

  test('of one fill and then of another leaves what is left without both, in either order', () => {
    fc.assert(
      fc.property(histories, fc.nat(), fc.boolean(), (history, other, isTurned) => {
        const first = caseOf({ ...history, tail: 0 });
        const second = caseOf({ ...history, which: other, tail: 0 });
        fc.pre(first !== null && second !== null && first.fill.fill_id !== second.fill.fill_id);
        const end = first.log.length;
        const fills = isTurned ? [second.fill, first.fill] : [first.fill, second.fill];
        const taken = play([...first.log, ...fills.map((fill, at) => reversal(fill, end + at))]);
        expect(taken.outcomes.slice(end).map(({ outcome }) => outcome)).toEqual([
          'applied',
          'applied',
        ]);
        const left = without(without(first.log, first.fill.fill_id), second.fill.fill_id);
        expect(booksOf(taken)).toEqual(booksOf(play(left)));
        expect(sumsOf(taken)).toEqual(sumsOf(play(left)));
      }),
      { numRuns: 400 },
    );
  });

  test('twice is once: the second is a duplicate, and nothing changes', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const chosen = caseOf({ ...history, tail: 0 });
        fc.pre(chosen !== null);
        const end = chosen.log.length;
        const twice = [reversal(chosen.fill, end), reversal(chosen.fill, end + 1)];
        const taken = play([...chosen.log, ...twice]);
        expect(taken.outcomes.at(-1)?.outcome).toBe('duplicate');
        const once = play([...chosen.log, reversal(chosen.fill, end)]);
        expect(taken.entries).toEqual(once.entries);
      }),
    );
  });
});

/** A log of which one fill has no fee, so that it is set aside. */
function withAside(history: Parameters<typeof caseOf>[0]): Case | null {
  const chosen = caseOf(history);
  if (chosen === null) return null;
  const fill = { ...chosen.fill, fee_bps: null, fee_pusd: null, fee_source: null };
  const log = chosen.log.map((each): Recorded<LedgerEvent> => {
    const isIt = 'fill_id' in each.event.value && each.event.value.fill_id === fill.fill_id;
    return isIt ? { ...each, event: { type: 'FillConfirmed', value: fill } } : each;
  });
  return { ...chosen, fill, log };
}

function release(fill: FillConfirmed, offset: number): Recorded<LedgerEvent> {
  const event: LedgerEvent = {
    type: 'FillReleased',
    value: fillReleased(fill, { fee_pusd: pusd(0n) }),
  };
  return { event, topic: 'polytraders.ledger.events', partition: PARTITION, offset };
}

describe('a release', () => {
  test('books the fill at its own place: as if it had stood there with the fee', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const chosen = withAside(history);
        fc.pre(chosen !== null);
        const { fill, at, log } = chosen;
        const taken = play(inserted(log, release(fill, at)));
        expect(taken.outcomes[at]).toEqual({ outcome: 'applied', because: '' });
        const paid = { ...fill, fee_pusd: pusd(0n), fee_source: 'RELEASED' } as const;
        const there = { ...release(fill, at), event: { type: 'FillConfirmed', value: paid } };
        const plain = inserted(log, there as Recorded<LedgerEvent>);
        const stood = play(
          plain.filter(({ event, offset }) => {
            const isIt = 'fill_id' in event.value && event.value.fill_id === fill.fill_id;
            return !isIt || offset === at;
          }),
        );
        expect(booksOf(taken)).toEqual(booksOf(stood));
      }),
      { numRuns: 500 },
    );
  });

  test('that is taken back leaves the books of the history without that fill', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const chosen = withAside(history);
        fc.pre(chosen !== null);
        const { fill, at, log } = chosen;
        const released = inserted(log, release(fill, at));
        const taken = play([...released, reversal(fill, released.length)]);
        expect(taken.outcomes.at(-1)?.outcome).toBe('applied');
        const never = without(released, fill.fill_id);
        expect(booksOf(taken)).toEqual(booksOf(play(never)));
        expect(sumsOf(taken)).toEqual(sumsOf(play(never)));
      }),
      { numRuns: 500 },
    );
  });

  test('is one report, however often it is asked for', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const chosen = withAside({ ...history, tail: 0 });
        fc.pre(chosen !== null);
        const { fill, log } = chosen;
        const asked = [0, 1].map((more) => release(fill, log.length + more));
        const { emitted, outcomes } = play([...log, ...asked]);
        const reports = emitted
          .map(({ record }) => record.value as SettlementReport)
          .filter(({ fill_id: id }) => id === fill.fill_id);
        expect(reports).toHaveLength(1);
        expect(outcomes.at(-1)?.outcome).toBe('duplicate');
      }),
    );
  });
});
