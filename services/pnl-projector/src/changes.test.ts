import { describe, expect, test } from '@jest/globals';
import { pusd, shares } from '@polytraders/money';
import { type Change, createDriver, type Table } from '@polytraders/stream';
import { changes, locate, revive } from './changes.ts';
import { type Entity, type Holding, holdingKey, parametersKey } from './entities.ts';
import { ACCOUNT, at, fillConfirmed, logOf, parametersChanged, TOKEN } from './events.fixture.ts';
import { eventsOf, marketDefined, marketResolved, NO_TOKEN } from './movements.fixture.ts';
import { processor } from './processor.ts';

const key = holdingKey(ACCOUNT, TOKEN);

/** The holding after so many buys of a share, then a sale. */
function holdingAfter(buys: number, sold: bigint): Holding {
  const fills = Array.from({ length: buys }, (_, index) =>
    fillConfirmed({
      fill_id: `b${String(index)}`,
      quantity_shares: shares(10n),
      size_pusd: pusd(7n),
    }),
  );
  const sale = fillConfirmed({
    fill_id: 's',
    order_side: 'SELL',
    quantity_shares: shares(sold),
    size_pusd: pusd(1n),
  });
  const { entities } = createDriver(processor).drive(logOf(sold === 0n ? fills : [...fills, sale]));
  return entities.get(key) as Holding;
}

function pagesIn(list: readonly Change[]): readonly string[] {
  return list.flatMap((change) => {
    const { page } = change.row as { readonly page?: number };
    if (page === undefined) return [];
    return ['upsert' in change ? `write ${String(page)}` : `remove ${String(page)}`];
  });
}

function step(before: Holding | undefined, said: Parameters<typeof fillConfirmed>[0]): Holding {
  const value = fillConfirmed({ fill_id: 'next', ...said });
  const folded = processor.step(
    { get: (name) => (name === key ? before : undefined) },
    at({ type: 'FillConfirmed', value }, 900),
  );
  if (folded.outcome === 'ignored') throw new Error(folded.because);
  return folded.puts[0]?.entity as Holding;
}

describe('changes', () => {
  test('a first fill writes one row: its position with its lots', () => {
    const list = changes(key, undefined, holdingAfter(1, 0n));
    expect(list.map((change) => ('upsert' in change ? change.upsert : 'remove'))).toEqual([
      'positions',
    ]);
  });

  test('opening writes no page, until the newest is full: then that one', () => {
    const before = holdingAfter(96, 0n);
    const opened = step(before, {});
    expect(pagesIn(changes(key, before, opened))).toEqual(['write 2']);
    expect(pagesIn(changes(key, opened, step(opened, {})))).toEqual([]);
  });

  test('taking writes the oldest page only', () => {
    const before = holdingAfter(100, 0n);
    const sold = step(before, { order_side: 'SELL', quantity_shares: shares(5n) });
    expect(pagesIn(changes(key, before, sold))).toEqual(['write 0']);
  });

  test('pages that were used up are removed, and the one cut into is written', () => {
    const before = holdingAfter(100, 0n);
    const sold = step(before, { order_side: 'SELL', quantity_shares: shares(645n) });
    expect(pagesIn(changes(key, before, sold))).toEqual(['remove 0', 'remove 1', 'write 2']);
  });

  test('when the newest page becomes the oldest, no page is left', () => {
    const before = holdingAfter(40, 0n);
    const sold = step(before, { order_side: 'SELL', quantity_shares: shares(345n) });
    expect(pagesIn(changes(key, before, sold))).toEqual(['remove 0']);
  });

  test('pages of one group of fills are written together, those used up meanwhile are not', () => {
    const before = holdingAfter(10, 0n);
    let after = before;
    for (let index = 0; index < 100; index += 1)
      after = step(after, { quantity_shares: shares(10n) });
    expect(pagesIn(changes(key, before, after))).toEqual(['write 0', 'write 1', 'write 2']);
    after = step(after, { order_side: 'SELL', quantity_shares: shares(400n) });
    expect(pagesIn(changes(key, before, after))).toEqual(['write 1', 'write 2']);
  });

  test('a flip removes all pages; the lot of the other side is in the position', () => {
    const before = holdingAfter(40, 0n);
    const flipped = step(before, { order_side: 'SELL', quantity_shares: shares(401n) });
    expect(pagesIn(changes(key, before, flipped))).toEqual(['remove 0']);
  });

  test('a book that did not change is not written', () => {
    const before = holdingAfter(1, 0n);
    const after = step(before, { trading_bot_id: 'other' });
    const bots = changes(key, before, after).map(
      (change) => (change.row as { trading_bot_id?: string }).trading_bot_id,
    );
    expect(bots).toEqual(['other']);
    expect(changes(key, before, before)).toEqual([]);
  });
});

/** Tables in memory, keyed by primary key, read back in its order. */
function tables(): {
  readonly write: (list: readonly Change[]) => void;
  readonly read: (key: string) => Entity | undefined;
} {
  const stored = new Map<string, Map<string, object>>();
  const keyOf = (table: Table<object>, row: object): string =>
    table.key
      .map((name) => String((row as Record<string, unknown>)[name]).padStart(8, '0'))
      .join('|');
  const tableOf = (name: string): Table<object> => {
    const table = processor.storage.state.find((one) => one.name === name) as
      Table<object> | undefined;
    if (table === undefined) throw new Error(name);
    return table;
  };
  return {
    write: (list) => {
      for (const change of list) {
        const name = 'upsert' in change ? change.upsert : change.remove;
        const rows = stored.get(name) ?? new Map<string, object>();
        stored.set(name, rows);
        if ('upsert' in change) rows.set(keyOf(tableOf(name), change.row), change.row);
        else if (!rows.delete(keyOf(tableOf(name), change.row)))
          throw new Error('removed what was not there');
      }
    },
    read: (of) => {
      const found: Record<string, object[]> = {};
      for (const { table, where } of locate(of)) {
        const rows = [...(stored.get(table) ?? [])]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([, row]) => row);
        found[table] = rows.filter((row) =>
          Object.entries(where).every(
            ([name, value]) => (row as Record<string, unknown>)[name] === value,
          ),
        );
      }
      return revive(of, found);
    },
  };
}

describe('what is written is read back', () => {
  test.each([1, 31, 32, 33, 64, 65, 100])('with %s lots, after every fill', (count) => {
    const store = tables();
    let held: Holding | undefined;
    const apply = (said: Parameters<typeof fillConfirmed>[0]): void => {
      const after = step(held, said);
      store.write(changes(key, held, after));
      held = after;
      expect(store.read(key)).toEqual({
        ...after,
        books: after.books.map((book) => ({
          ...book,
          position: {
            ...book.position,
            lots: { ...book.position.lots, between: expect.anything() },
          },
        })),
      });
    };
    for (let index = 0; index < count; index += 1)
      apply({ fill_id: `b${String(index)}`, quantity_shares: shares(10n) });
    apply({ fill_id: 's1', order_side: 'SELL', quantity_shares: shares(BigInt(count) * 5n + 3n) });
    apply({ fill_id: 's2', order_side: 'SELL', quantity_shares: shares(BigInt(count) * 10n) });
    apply({ fill_id: 'b', quantity_shares: shares(BigInt(count) * 5n + 3n) });
  });

  test('the books of several bots come back together', () => {
    const store = tables();
    const { entities } = createDriver(processor).drive(
      logOf([fillConfirmed(), fillConfirmed({ fill_id: 'f2', trading_bot_id: 'a|b' })]),
    );
    store.write(changes(key, undefined, entities.get(key)));
    const read = store.read(key) as Holding;
    const books = read.books.map((book) => [book.bot, book.position.lots.quantity]);
    expect(new Map(books as [string, bigint][])).toEqual(
      new Map<string, bigint>([
        ['a|b', 100_000_000n],
        ['mm', 100_000_000n],
      ]),
    );
  });

  test.each([
    ['GOV_OUTCOME_UNKNOWN', 'YES', []],
    ['GOV_OUTCOME_MISMATCH', TOKEN, [NO_TOKEN, TOKEN]],
  ])('what is wrong with an outcome comes back: %s', (mark, token, named) => {
    const store = tables();
    const name = holdingKey(ACCOUNT, token);
    const tokens = named.map((token_id) => ({ token_id, outcome: '' }));
    const { entities } = createDriver(processor).drive(
      eventsOf([
        { type: 'FillConfirmed', value: fillConfirmed({ token_id: token }) },
        { type: 'MarketDefined', value: marketDefined({ tokens }) },
        { type: 'MarketResolved', value: marketResolved() },
      ]),
    );
    store.write(changes(name, undefined, entities.get(name)));
    const { marks } = entities.get(name) as Holding;
    expect([marks, (store.read(name) as Holding).marks]).toEqual([[mark], [mark]]);
  });

  test('parameters come back', () => {
    const store = tables();
    const value = parametersChanged('limited_live', { mark_age_limit_ms: '5000' });
    const { entities } = createDriver(processor).drive([
      at({ type: 'ParametersChanged', value }, 0),
    ]);
    const [name = ''] = [...entities.keys()];
    store.write(changes(name, undefined, entities.get(name)));
    expect(store.read(name)).toEqual(entities.get(name));
    expect(store.read(parametersKey(99))).toBeUndefined();
    expect(store.read(key)).toBeUndefined();
  });
});
