import { describe, expect, test } from '@jest/globals';
import {
  type FillConfirmed,
  type LedgerEvent,
  type SettlementReport,
} from '@polytraders/contracts';
import { costBasis, lotsOf, positionShares } from '@polytraders/domain';
import { priceE18, pusd, rate, shares } from '@polytraders/money';
import { createDriver, type Driven, type Recorded } from '@polytraders/stream';
import fc from 'fast-check';
import { changes, locate, revive } from './changes.ts';
import { type Entity, partitionOfAccount } from './entities.ts';
import { type LedgerEntry } from './entry.ts';
import { fillConfirmed, logOf, NOON } from './events.fixture.ts';
import { processor } from './processor.ts';

const ACCOUNTS = ['0xa1', '0xb2', '0xc3', 'paper:0xa1'] as const;

const fill: fc.Arbitrary<Partial<FillConfirmed>> = fc
  .record({
    account: fc.constantFrom(...ACCOUNTS),
    trading_bot_id: fc.constantFrom('mm', 'news'),
    token_id: fc.constantFrom('1', '2'),
    order_side: fc.constantFrom('BUY' as const, 'SELL' as const),
    side: fc.constantFrom('maker' as const, 'taker' as const, null),
    quantity: fc.bigInt({ min: 1n, max: 300n }),
    size: fc.bigInt({ min: 0n, max: 900n }),
    fee_bps: fc.option(fc.integer({ min: 0, max: 110 })),
    fee: fc.option(fc.bigInt({ min: 0n, max: 60n })),
    rebate: fc.option(fc.bigInt({ min: 190_000n, max: 260_000n })),
    mark: fc.option(fc.bigInt({ min: 0n, max: 10n ** 18n })),
    late: fc.integer({ min: 0, max: 120_000_000 }),
  })
  .map((of) => ({
    account: of.account,
    paper: of.account.startsWith('paper:'),
    trading_bot_id: of.trading_bot_id,
    token_id: of.token_id,
    order_side: of.order_side,
    side: of.side,
    quantity_shares: shares(of.quantity),
    size_pusd: pusd(of.size),
    fee_bps: of.fee_bps,
    fee_pusd: of.fee === null ? null : pusd(of.fee),
    rebate_rate: of.rebate === null ? null : rate(of.rebate),
    marks:
      of.mark === null
        ? []
        : [
            {
              token_id: of.token_id,
              price: priceE18(of.mark),
              kind: 'MID' as const,
              observed_at: NOON - of.late,
            },
          ],
  }));

const fills: fc.Arbitrary<readonly FillConfirmed[]> = fc
  .array(fill, { maxLength: 80 })
  .map((list) =>
    list.map((said, index) => fillConfirmed({ ...said, fill_id: `f${String(index)}` })),
  );

type Played = Driven<Entity, LedgerEntry>;

function play(log: readonly Recorded<LedgerEvent>[]): Played {
  return createDriver(processor).drive(log);
}

function reportsOf(played: Played): readonly SettlementReport[] {
  const reports = played.emitted.filter(({ record }) => record.type === 'SettlementReport');
  return reports.map(({ record }) => record.value as SettlementReport);
}

function payable(of: FillConfirmed): boolean {
  return of.fee_pusd !== null || of.fee_bps !== null;
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((running, value) => running + value, 0n);
}

/** Everything that is stored: the rows of all entities, as the tables would hold them. */
function rowsOf(entities: ReadonlyMap<string, Entity>): ReadonlySet<string> {
  const rows = [...entities].flatMap(([key, entity]) => changes(key, undefined, entity));
  return new Set(
    rows.map((row) =>
      JSON.stringify(row, (_, value: unknown) =>
        typeof value === 'bigint' ? String(value) : value,
      ),
    ),
  );
}

describe('the twice rule', () => {
  test('a log driven twice is all duplicates the second time, and nothing changes', () => {
    fc.assert(
      fc.property(fills, (list) => {
        const driver = createDriver(processor);
        const log = logOf(list);
        const first = driver.drive(log);
        const before = new Map(first.entities);
        const second = driver.drive(log);
        expect(second.outcomes.every((of) => of.outcome === 'duplicate')).toBe(true);
        expect([second.entries, second.emitted]).toEqual([[], []]);
        for (const [key, entity] of second.entities) expect(before.get(key)).toBe(entity);
      }),
    );
  });

  test('the same log gives the same entries and the same reports', () => {
    fc.assert(
      fc.property(fills, (list) => {
        const [a, b] = [play(logOf(list)), play(logOf(list))];
        expect(a.entries).toEqual(b.entries);
        expect(a.emitted).toEqual(b.emitted);
      }),
      { numRuns: 30 },
    );
  });
});

describe('properties of the specification', () => {
  test('Every fill event produces exactly one SettlementReport entry (B20: when payable)', () => {
    fc.assert(
      fc.property(fills, (list) => {
        const played = play(logOf(list));
        expect(played.entries.map((entry) => entry.fill_id)).toEqual(list.map((of) => of.fill_id));
        const live = played.entries.filter((entry) => !entry.quarantined && !entry.paper);
        expect(reportsOf(played).map((report) => report.report_id)).toEqual(
          live.map((entry) => `settlement_fill_${entry.fill_id}`),
        );
        expect(new Set(reportsOf(played).map((report) => report.event_id)).size).toBe(live.length);
      }),
    );
  });

  test('No fill with missing fee_bps is ever included in a P&L total', () => {
    fc.assert(
      fc.property(fills, (list) => {
        const all = play(logOf(list));
        const rest = play(logOf(list.filter(payable)));
        for (const entry of all.entries) {
          if (entry.gross_fee_pusd === null)
            expect([entry.quarantined, entry.realised_pnl_pusd]).toEqual([true, null]);
        }
        expect(totalsOf(all)).toEqual(totalsOf(rest));
        expect(reportsOf(all).every((report) => report.gross_fee_pusd !== null)).toBe(true);
      }),
    );
  });

  function totalsOf(played: Played): unknown {
    const books = [...played.entities].flatMap(([key, entity]) =>
      entity.kind === 'holding'
        ? entity.books
            .filter((book) => book.fills > 0)
            .map((book) => [
              `${key}|${book.bot}`,
              book.position.realised,
              costBasis(book.position),
              book.netFees,
              book.volume,
            ])
        : [],
    );
    return new Map(books.map(([name, ...totals]) => [name, totals]));
  }
});

describe('conservation through the processor', () => {
  test('Σ realised − basis = Σ cash, Σ fills = position, and by wallet its shares', () => {
    fc.assert(
      fc.property(fills, (list) => {
        const { entities, entries } = play(logOf(list));
        for (const [key, entity] of entities) {
          if (entity.kind !== 'holding') continue;
          const own = entries.filter(
            (entry) => key === `holding|${entry.account}|${entry.token_id}`,
          );
          expect(entity.shares).toBe(sum(own.map((entry) => signed(entry, entry.quantity_shares))));
          for (const book of entity.books) {
            const booked = own.filter(
              (entry) => entry.trading_bot_id === book.bot && !entry.quarantined,
            );
            const { position } = book;
            expect(positionShares(position)).toBe(
              sum(booked.map((entry) => signed(entry, entry.quantity_shares))),
            );
            const cash = sum(booked.map((entry) => -signed(entry, entry.size_pusd)));
            expect(position.realised - costBasis(position)).toBe(cash);
            expect(position.realised).toBe(
              sum(booked.map((entry) => entry.realised_pnl_pusd ?? 0n)),
            );
            expect(book.netFees).toBe(sum(booked.map((entry) => entry.net_fee_pusd ?? 0n)));
            const last = booked.at(-1);
            if (last !== undefined) {
              expect(last.cost_basis_pusd).toBe(costBasis(position));
              expect(last.unrealised_pnl_pusd).toBe(book.unrealised);
            }
            expect(sum(lotsOf(position.lots).map((lot) => lot.quantity))).toBe(
              position.lots.quantity,
            );
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  function signed(entry: LedgerEntry, value: bigint | null): bigint {
    return entry.order_side === 'BUY' ? (value ?? 0n) : -(value ?? 0n);
  }
});

describe('order', () => {
  test('in which partitions are folded does not matter', () => {
    fc.assert(
      fc.property(fills, (list) => {
        const log = logOf(list);
        const byPartition = [...log].sort(
          (a, b) => a.partition - b.partition || a.offset - b.offset,
        );
        const [a, b] = [play(log), play(byPartition)];
        expect(rowsOf(a.entities)).toEqual(rowsOf(b.entities));
        const reports = (played: Played): unknown =>
          new Map(reportsOf(played).map((report) => [report.report_id, report]));
        expect(reports(a)).toEqual(reports(b));
      }),
    );
  });

  test('of commits does not matter: a fold that is stored and revived goes on the same', () => {
    fc.assert(
      fc.property(fills, fc.nat(80), (list, cut) => {
        const log = logOf(list);
        const whole = play(log);
        const half = play(log.slice(0, cut));
        const revived = new Map(
          [...half.entities].map(([key, entity]) => [key, stored(key, entity)] as const),
        );
        const entries: LedgerEntry[] = [];
        for (const input of log.slice(cut)) {
          const folded = processor.step({ get: (key) => revived.get(key) }, input);
          if (folded.outcome === 'ignored') continue;
          entries.push(...folded.entries);
          for (const put of folded.puts) revived.set(put.key, put.entity);
        }
        expect([...half.entries, ...entries]).toEqual(whole.entries);
        expect(rowsOf(revived as ReadonlyMap<string, Entity>)).toEqual(rowsOf(whole.entities));
      }),
    );
  });

  /** The entity as it comes back from its rows. */
  function stored(key: string, entity: Entity): Entity | undefined {
    const rows: Record<string, object[]> = {};
    for (const { table } of locate(key)) rows[table] = [];
    for (const change of changes(key, undefined, entity))
      if ('upsert' in change) rows[change.upsert]?.push(change.row);
    return revive(key, rows);
  }

  test('an account lies in one partition', () => {
    for (const account of ACCOUNTS)
      expect(partitionOfAccount(account)).toBe(logOf([fillConfirmed({ account })])[0]?.partition);
  });
});
