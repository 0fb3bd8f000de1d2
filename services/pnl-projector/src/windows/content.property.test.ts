import { expect, test } from '@jest/globals';
import { paperAccount } from '@polytraders/domain';
import fc from 'fast-check';
import { type Basis, type Content, contentsOf } from './content.ts';
import { type SumLine } from './cut.ts';
import { atDay, price } from './log.fixture.ts';
import { DEFAULT_TOLD } from './settings.ts';
import { bookKey, type BookState, type DayState, newWindow, type WindowState } from './state.ts';
import { lineKey, newBook, slicesWith } from './take.ts';

const DAYS = ['2026-05-05', '2026-05-06', '2026-05-07', '2026-05-08'];
/** The event lists 11 and 12; the definition names 13; nobody has defined 14 and 15. */
const TOKENS = ['11', '12', '13', '14', '15'];

const lines = fc.array(
  fc.record({
    day: fc.constantFrom(...DAYS),
    account: fc.constantFrom('0xa', '0xb', paperAccount('0xa')),
    bot: fc.constantFrom('mm', 'arb'),
    token: fc.option(fc.constantFrom(...TOKENS), { freq: 9 }),
    condition: fc.constantFrom(null, 'c1', 'c2'),
    builder: fc.constantFrom(null, 'b1', 'b2'),
    fills: fc.integer({ min: 0, max: 2 }),
    realised: fc.bigInt({ min: -9_000_000n, max: 9_000_000n }),
    netFees: fc.bigInt({ min: -1000n, max: 1000n }),
    unsettled: fc.bigInt({ min: -5n, max: 5n }),
    shares: fc.bigInt({ min: -5_000_000n, max: 5_000_000n }),
    basis: fc.bigInt({ min: -3_000_000n, max: 3_000_000n }),
    doubted: fc.boolean(),
  }),
  { maxLength: 40 },
);
const windows = fc.array(
  fc.record({
    first: fc.integer({ min: 0, max: 3 }),
    days: fc.integer({ min: 1, max: 4 }),
    groupBy: fc.constantFrom('bot' as const, 'market' as const, 'builder' as const),
  }),
  { minLength: 1, maxLength: 4 },
);

type Drawn = (typeof lines)['generate'] extends (...all: never[]) => { readonly value: infer Value }
  ? Value
  : never;

function sumLine({ doubted: _, ...line }: Drawn[number]): SumLine {
  const { token, unsettled, account } = line;
  return {
    ...line,
    declared: 0,
    quarantined: 0,
    volume: line.fills === 0 ? 0n : 7n,
    grossFees: line.netFees,
    rebates: 0n,
    received: 0n,
    shares: token === null ? 0n : line.shares,
    basis: token === null ? 0n : line.basis,
    unsettled: account.startsWith('paper:') ? 0n : unsettled,
  };
}

/** The books and days of lines, in the order in which they come. */
function basisOf(drawn: Drawn): Basis {
  const books = new Map<string, BookState>();
  const days = new Map<string, DayState>();
  const unsettled = new Map<string, bigint>();
  for (const one of drawn) {
    const line = sumLine(one);
    const { account, bot, token, builder } = line;
    const known = days.get(line.day)?.lines ?? new Map<string, SumLine>();
    const place = `${lineKey(line)}|${String(known.size)}`;
    days.set(line.day, { kind: 'day', lines: new Map([...known, [place, line]]) });
    unsettled.set(account, (unsettled.get(account) ?? 0n) + line.unsettled);
    if (token === null) continue;
    const key = bookKey({ account, bot, token });
    const book = books.get(key) ?? newBook(account, bot, token);
    books.set(key, {
      ...book,
      condition: line.condition ?? book.condition,
      basis: book.basis + line.basis,
      slices: slicesWith(book.slices, builder ?? '', line.shares),
      reasons: one.doubted ? new Map([['GOV_DOUBT', '2026-05-06']]) : book.reasons,
    });
  }
  const at = atDay('2026-05-07', 5);
  return {
    books: { kind: 'books', books, unsettled },
    days,
    markets: {
      kind: 'markets',
      conditions: new Map([['c3', { tokens: ['13', '19'], synthesised: false }]]),
      events: new Map([
        [
          'event',
          [
            { index: 0, conditionId: 'c4', yes: '11', no: '21', since: 0 },
            { index: 1, conditionId: 'c5', yes: '12', no: '22', since: 0 },
          ],
        ],
      ]),
      payouts: new Map([['c3', { numerators: [1n, 0n], at }]]),
      waiting: new Map(),
      marks: new Map(),
    },
  };
}

function windowsOf(
  drawn: readonly { first: number; days: number; groupBy: 'bot' | 'market' | 'builder' }[],
): readonly WindowState[] {
  const marks = ['11', '12', '14'].map((token, at) => {
    const mark = { price: price(`0.4${String(at)}`), kind: 'MID' as const };
    return [
      token,
      { ...mark, observedAt: atDay('2026-05-05'), isAged: true, captured: true },
    ] as const;
  });
  return drawn.map(({ first, days, groupBy }, id) =>
    newWindow({
      id: String(id),
      windowKind: days === 1 ? 'daily' : 'weekly',
      start: atDay('2026-05-05') + first * 86_400_000_000,
      end: atDay('2026-05-05') + (first + days) * 86_400_000_000,
      settings: { ...DEFAULT_TOLD, groupBy, includePaper: true },
      marks: new Map(marks),
    }),
  );
}

function sumOf(a: bigint | null, b: bigint | null): bigint | null {
  return a === null || b === null ? null : a + b;
}

test('the mixed form is the regular one and paper, figure by figure and group by group', () => {
  fc.assert(
    fc.property(lines, windows, (drawn, asked) => {
      const all = contentsOf(windowsOf(asked), basisOf(drawn));
      const isPaper = ({ account }: Drawn[number]): boolean => account.startsWith('paper:');
      const live = contentsOf(windowsOf(asked), basisOf(drawn.filter((one) => !isPaper(one))));
      const played = drawn.filter(isPaper).map((one) => ({ ...one, account: '0xa' }));
      const paper = contentsOf(windowsOf(asked), basisOf(played));
      for (const [id, { regular, mixed }] of all) {
        expect(regular).toEqual(live.get(id)?.regular);
        const alone = paper.get(id)?.regular as Content;
        expect(mixed?.totals).toEqual({
          fills: regular.totals.fills + alone.totals.fills,
          declared: 0,
          volume: regular.totals.volume + alone.totals.volume,
          realised: regular.totals.realised + alone.totals.realised,
          unrealised: sumOf(regular.totals.unrealised, alone.totals.unrealised),
          grossFees: regular.totals.grossFees + alone.totals.grossFees,
          rebates: 0n,
          netFees: regular.totals.netFees + alone.totals.netFees,
        });
        const names = [...regular.groups, ...alone.groups].map(([name]) => name);
        expect(mixed?.groups.map(([name]) => name)).toEqual([...new Set(names)].sort());
        expect(mixed?.unsettled).toBe(regular.unsettled);
        expect(mixed?.negRiskPositions).toBe(regular.negRiskPositions + alone.negRiskPositions);
      }
    }),
    { numRuns: 300 },
  );
});

test('what a report says does not depend on the order in which its state is kept', () => {
  fc.assert(
    fc.property(lines, windows, fc.infiniteStream(fc.nat()), (drawn, asked, random) => {
      const basis = basisOf(drawn);
      const shuffled = <Value>(map: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> => {
        const keyed = [...map].map((one) => ({ one, by: random.next().value ?? 0 }));
        return new Map(keyed.sort((a, b) => a.by - b.by).map(({ one }) => one));
      };
      const other: Basis = {
        books: { ...basis.books, books: shuffled(basis.books.books) },
        markets: basis.markets,
        days: new Map(
          [...shuffled(basis.days)].map(([day, { lines: kept }]) => [
            day,
            { kind: 'day', lines: shuffled(kept) },
          ]),
        ),
      };
      const backwards = [...windowsOf(asked)].reverse();
      expect(contentsOf(backwards, other)).toEqual(contentsOf(windowsOf(asked), basis));
    }),
    { numRuns: 300 },
  );
});

test('windows computed together say what each says alone', () => {
  fc.assert(
    fc.property(lines, windows, (drawn, asked) => {
      const together = contentsOf(windowsOf(asked), basisOf(drawn));
      for (const window of windowsOf(asked)) {
        const alone = contentsOf([window], basisOf(drawn));
        expect(together.get(window.id)).toEqual(alone.get(window.id));
      }
    }),
    { numRuns: 300 },
  );
});
