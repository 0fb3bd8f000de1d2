/**
 * Random logs of fills, movements, definitions and resolutions of two accounts: what holds of every
 * line, of every book, and of what is stored.
 */

import { describe, expect, test } from '@jest/globals';
import { type SettlementReport, TOPICS } from '@polytraders/contracts';
import { costBasis, lotsOf, positionShares } from '@polytraders/domain';
import { createDriver, type Change, type Driven } from '@polytraders/stream';
import fc from 'fast-check';
import {
  type Act,
  acts,
  type Log,
  logOf,
  PAIR,
  PARTITION,
  PAYOUTS,
  token,
} from './acts.fixture.ts';
import { changes, locate, revive } from './changes.ts';
import { type Entity } from './entities.ts';
import { type LedgerEntry } from './entry.ts';
import { processor } from './processor.ts';

type Played = Driven<Entity, LedgerEntry>;
const play = (log: Log): Played => createDriver(processor).drive(log);

function sum(values: readonly (bigint | null)[]): bigint {
  return values.reduce((running: bigint, value) => running + (value ?? 0n), 0n);
}

/** Shares that a line moved into its book, or its wallet. */
function moved(entry: LedgerEntry): bigint {
  const quantity = entry.quantity_shares ?? 0n;
  return entry.order_side === 'SELL' ? -quantity : quantity;
}

describe('every line', () => {
  test('of a movement keeps its equation; of a fill the cash is its size and fee', () => {
    fc.assert(
      fc.property(acts, (list) => {
        for (const entry of play(logOf(list)).entries) {
          if (entry.token_id === null) continue;
          const before = entry.cost_basis_before_pusd;
          if (before === null) {
            expect(entry.entry_kind).toBe('FILL');
            continue;
          }
          const { carried_basis_pusd: carried, unknown_basis_pusd: unknown } = entry;
          expect(entry.cost_basis_pusd - before).toBe(
            sum([carried, entry.realised_pnl_pusd, unknown]) - (entry.cash_pusd ?? 0n),
          );
        }
      }),
      { numRuns: 400 },
    );
  });

  test('adds up to its book, and with those set aside to the wallet', () => {
    fc.assert(
      fc.property(acts, (list) => {
        const { entries, entities } = play(logOf(list));
        for (const [key, entity] of entities) {
          if (entity.kind !== 'holding') continue;
          const own = entries.filter((one) => key === `holding|${one.account}|${one.token_id}`);
          expect(entity.shares).toBe(sum(own.map(moved)));
          expect(entity.shares).toBe(sum(entity.books.map((book) => book.walletShares)));
          for (const { bot, position } of entity.books) {
            const booked = own.filter((one) => one.trading_bot_id === bot && !one.quarantined);
            expect(positionShares(position)).toBe(sum(booked.map(moved)));
            expect(position.realised).toBe(sum(booked.map((one) => one.realised_pnl_pusd)));
            const cash = sum(booked.map((one) => one.cash_pusd));
            const unknown = sum(booked.map((one) => one.unknown_basis_pusd));
            const carried = sum(booked.map((one) => one.carried_basis_pusd));
            expect(costBasis(position)).toBe(carried + position.realised + unknown - cash);
            const last = booked.at(-1);
            if (last !== undefined) expect(last.cost_basis_pusd).toBe(costBasis(position));
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  test('is left by every movement, and what is set aside has a cause', () => {
    fc.assert(
      fc.property(acts, (list) => {
        const driver = createDriver(processor);
        for (const input of logOf(list)) {
          const { outcomes, entries } = driver.drive([input]);
          if (processor.identify(input.event) !== null) expect(entries.length).toBeGreaterThan(0);
          const isAside = entries.some((entry) => entry.quarantined);
          if (isAside) expect(outcomes[0]?.outcome).toBe('quarantined');
        }
      }),
    );
  });
});

describe('a resolution', () => {
  test('has exactly one MARKET_SETTLED for each book with open lots, and each id is one', () => {
    fc.assert(
      fc.property(acts, (list) => {
        const { entries, emitted } = play(logOf(list));
        const reports = emitted
          .filter(({ topic }) => topic === TOPICS.settlementReports.name)
          .map(({ record }) => record.value as SettlementReport);
        const settled = reports.filter((one) => one.event_type === 'MARKET_SETTLED');
        const lines = entries.filter((one) => one.entry_kind === 'RESOLVE');
        expect(settled.map((one) => one.report_id)).toEqual(
          lines.map(
            (one) =>
              `settlement_market_${one.condition_id ?? ''}_${one.account}_` +
              `${one.trading_bot_id}_${one.token_id ?? ''}`,
          ),
        );
        expect(new Set(reports.map((one) => one.report_id)).size).toBe(reports.length);
        expect(new Set(reports.map((one) => one.event_id)).size).toBe(reports.length);
      }),
    );
  });

  test('of a defined market leaves no lot of it at another basis than its payout', () => {
    fc.assert(
      fc.property(acts, fc.integer({ min: 0, max: 2 }), (list, condition) => {
        const define = { kind: 'define', condition, account: PAIR[0] ?? '' } as Act;
        const resolve = { kind: 'resolve', condition, account: PAIR[0] ?? '' } as Act;
        const some = list.filter((of) => of.kind !== 'resolve');
        const { entities } = play(logOf([...some, define, resolve]));
        const [yes = '0', no = '0'] = PAYOUTS[condition] ?? [];
        const total = BigInt(yes) + BigInt(no);
        for (const [index, numerator] of [BigInt(yes), BigInt(no)].entries()) {
          for (const account of PAIR) {
            const entity = entities.get(`holding|${account}|${token(condition, index)}`);
            if (entity?.kind !== 'holding') continue;
            for (const { position } of entity.books) {
              for (const lot of lotsOf(position.lots)) {
                const gap = (lot.basis ?? -1n) * total - lot.quantity * numerator;
                expect(gap > -total && gap < total).toBe(true);
              }
            }
          }
        }
      }),
    );
  });
});

describe('the twice rule and the store', () => {
  test('a log driven twice leaves nothing the second time, and changes nothing', () => {
    fc.assert(
      fc.property(acts, (list) => {
        const driver = createDriver(processor);
        // A status says what is now, and says it again.
        const log = logOf(list.filter((of) => of.kind !== 'status'));
        const before = new Map(driver.drive(log).entities);
        const again = driver.drive(log);
        expect([again.entries, again.emitted]).toEqual([[], []]);
        const known = again.outcomes.filter(
          ({ outcome }) => outcome === 'duplicate' || outcome === 'ignored',
        );
        expect(known.length).toBe(log.length);
        for (const [key, entity] of again.entities) expect(before.get(key)).toBe(entity);
      }),
      { numRuns: 300 },
    );
  });

  test(
    'loaded from its rows before every event, with the named keys alone, it folds ' + 'the same',
    () => {
      fc.assert(
        fc.property(acts, (list) => {
          const log = logOf(list);
          const whole = play(log);
          const store = tables();
          const entries: LedgerEntry[] = [];
          for (const input of log) {
            const loaded = new Map<string, Entity | undefined>();
            const load = (keys: readonly string[]): void => {
              for (const key of keys) loaded.set(key, store.read(key));
            };
            const lookup = { get: (key: string) => loaded.get(key) };
            load(processor.keys(input.event, PARTITION));
            load(processor.keysThen?.(input.event, lookup, PARTITION) ?? []);
            const only = {
              get: (key: string) => {
                if (!loaded.has(key)) throw new Error(`${key} was not named`);
                return loaded.get(key);
              },
            };
            const step = processor.step(only, input);
            if (step.outcome === 'ignored') continue;
            entries.push(...step.entries);
            for (const { key, entity } of step.puts)
              store.write(changes(key, loaded.get(key), entity));
          }
          expect(entries).toEqual(whole.entries);
        }),
        { numRuns: 300 },
      );
    },
  );
});

/** Tables in memory, by primary key. */
function tables(): {
  readonly write: (list: readonly Change[]) => void;
  readonly read: (key: string) => Entity | undefined;
} {
  const stored = new Map<string, Map<string, object>>();
  return {
    write: (list) => {
      for (const change of list) {
        const name = 'upsert' in change ? change.upsert : change.remove;
        const table = processor.storage.state.find((one) => one.name === name);
        const values = change.row as Readonly<Record<string, unknown>>;
        const at = (table?.key ?? []).map((column) => String(values[String(column)]).padStart(9));
        const rows = stored.get(name) ?? new Map<string, object>();
        stored.set(name, rows);
        if ('upsert' in change) rows.set(at.join('|'), change.row);
        else rows.delete(at.join('|'));
      }
    },
    read: (key) => {
      const rows = locate(key).map(({ table, where }) => {
        const found = [...(stored.get(table) ?? [])]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([, row]) => row as Readonly<Record<string, unknown>>)
          .filter((row) => Object.entries(where).every(([name, value]) => row[name] === value));
        return [table, found] as const;
      });
      return revive(key, Object.fromEntries(rows));
    },
  };
}
