import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { shares } from '@polytraders/money';
import {
  buy,
  closed,
  createDesk,
  type Desk,
  failed,
  fill,
  opened,
  opening,
  PARTITION,
  units,
  YES,
} from './desk.fixture.ts';
import { type FillNews, type InventoryEvent } from './events.ts';
import { liveItems } from './live-index.ts';

const HASH = '0xh1';
const start = opening(1_000, [{ token: YES, quantity: 1_000 }]);

/**
 * Everything that is stored, whatever came first. Lists of who holds what are sorted, and an asset
 * that nothing has moved in the end is as one that was never heard of.
 */
function stateOf(desk: Desk): unknown {
  const isMoved = (account: string, token: string): boolean => {
    const { total = 0n, reserved = 0n } = desk.balance(account, token) ?? {};
    return total !== 0n || reserved !== 0n || pendingOf(account, token) !== 0n;
  };
  const pendingOf = (account: string, token: string): bigint => {
    const balance = desk.balance(account, token);
    return (balance?.pendingIn ?? 0n) + (balance?.pendingOut ?? 0n);
  };
  const list = [...desk.entities].flatMap(([key, entity]): (readonly [string, unknown])[] => {
    if (entity.kind === 'live') return [];
    if (entity.kind === 'balance' && entity.token !== null) {
      return isMoved(entity.account, entity.token) ? [[key, entity]] : [];
    }
    if (entity.kind !== 'market') return [[key, entity]];
    const holders = entity.holders.filter((one) => isMoved(one.account, one.token));
    return holders.length === 0 ? [] : [[key, { ...entity, holders: holders.map(text).sort() }]];
  });
  const live = desk.entities.get(`live|${String(PARTITION)}`);
  const items = live?.kind === 'live' ? liveItems(live, () => true) : [];
  return { ...Object.fromEntries(list), live: items };
}

const text = (value: object): string => JSON.stringify(value);

function fold(events: readonly InventoryEvent[]): unknown {
  const desk = createDesk();
  desk.fold(start, ...events);
  return stateOf(desk);
}

function permutations<T>(list: readonly T[]): T[][] {
  if (list.length <= 1) return [[...list]];
  return list.flatMap((one, at) =>
    permutations(list.filter((_, other) => other !== at)).map((rest) => [one, ...rest]),
  );
}

const part = { quantity_shares: shares(units(25)) };
const byHash = { order_id: null, order_hash: HASH };

describe('orders and fills end in the same state in whatever order they are told', () => {
  test.each<readonly [string, readonly InventoryEvent[]]>([
    [
      'a fill before its order, confirmed before matched, closed before opened',
      [buy(), closed('CANCELLED'), fill('FillMatched'), fill('FillConfirmed')],
    ],
    [
      'two fills, of which one fails, and an order that stays open',
      [
        buy(),
        fill('FillMatched', { fill_id: 'a', ...part }),
        fill('FillConfirmed', { fill_id: 'a', ...part }),
        fill('FillMatched', { fill_id: 'b' }),
        failed('b'),
      ],
    ],
    [
      'matches that tell no fee, by hash and by id, of which one is confirmed and one fails',
      [
        buy({ order_hash: HASH }),
        fill('FillMatched', { fill_id: 'a', ...part, ...byHash, fee_pusd: null }),
        fill('FillMatched', { fill_id: 'b', fee_pusd: null }),
        fill('FillConfirmed', { fill_id: 'b' }),
        closed('CANCELLED'),
      ],
    ],
    [
      'fills that know the order by its hash, by its id, and by an id of their own',
      [
        buy({ order_hash: HASH }),
        fill('FillConfirmed', { fill_id: 'a', ...part, ...byHash }),
        fill('FillConfirmed', { fill_id: 'b', ...part }),
        fill('FillConfirmed', { fill_id: 'c', ...part, order_id: 'x', order_hash: HASH }),
        closed('FILLED', { order_hash: HASH }),
      ],
    ],
    [
      'an end under an id of its own, with the hash of the order',
      [
        buy({ order_hash: HASH }),
        fill('FillMatched'),
        fill('FillConfirmed', { fill_id: 'b', ...part, ...byHash }),
        closed('CANCELLED', { order_id: 'x', order_hash: HASH }),
      ],
    ],
    [
      'a SELL whose fill by hash fails',
      [
        opened({ order_hash: HASH }),
        fill('FillMatched', { order_side: 'SELL', ...byHash }),
        failed(),
        fill('FillConfirmed', { fill_id: 'b', order_side: 'SELL', ...byHash }),
        closed('EXPIRED'),
      ],
    ],
  ])('%s: every permutation', (_, events) => {
    const expected = fold(events);
    for (const order of permutations(events)) expect(fold(order)).toEqual(expected);
  });

  const one = fc.record({
    end: fc.constantFrom('confirmed', 'failed', 'pending'),
    isMatched: fc.boolean(),
    isMined: fc.boolean(),
    isFeeTold: fc.boolean(),
    quantity: fc.bigInt({ min: 1n, max: 60_000_000n }),
    name: fc.constantFrom('id', 'hash', 'both', 'own id', 'none'),
  });

  const history = fc
    .record({
      side: fc.constantFrom('BUY' as const, 'SELL' as const),
      isHashed: fc.boolean(),
      isOpened: fc.boolean(),
      closing: fc.constantFrom('FILLED', 'CANCELLED', 'EXPIRED', 'REJECTED', null),
      fills: fc.array(one, { maxLength: 4 }),
    })
    .map(({ side, isHashed, isOpened, closing, fills }) => {
      const order = { order_side: side, order_hash: isHashed ? HASH : null };
      const events: InventoryEvent[] = isOpened ? [buy(order)] : [];
      if (closing !== null) events.push(closed(closing));
      // Whose hash it is must have been said by somebody, for an id of another source to be known.
      const isKnown = isOpened && isHashed;
      fills.forEach((told, at) => {
        const isStranger = told.name === 'own id' && !isKnown;
        // That an order has this hash stays known, even where the fill that said so fails.
        const isTelling = told.name === 'both' && told.end === 'failed';
        const of = isStranger || isTelling ? { ...told, name: 'id' } : told;
        const said: Partial<FillNews> = {
          fill_id: `f${String(at)}`,
          order_side: side,
          quantity_shares: shares(of.quantity),
          order_id:
            { id: 'o1', both: 'o1', 'own id': 'x', hash: null, none: null }[of.name] ?? null,
          order_hash: of.name === 'id' || of.name === 'none' ? null : HASH,
        };
        const matched = of.isFeeTold ? said : { ...said, fee_pusd: null };
        if (of.isMatched || of.end === 'pending') events.push(fill('FillMatched', matched));
        if (of.isMined) events.push(fill('FillMatched', matched));
        if (of.end === 'confirmed') events.push(fill('FillConfirmed', said));
        if (of.end === 'failed') events.push(failed(said.fill_id));
      });
      return events;
    });

  test('random histories, shuffled', () => {
    const shuffled = history.chain((events) =>
      fc.tuple(
        fc.constant(events),
        fc.shuffledSubarray(events, { minLength: events.length, maxLength: events.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([events, order]) => {
        expect(fold(order)).toEqual(fold(events));
      }),
      { numRuns: 3_000 },
    );
  });

  test('what a failed fill leaves is its name, and nothing else', () => {
    fc.assert(
      fc.property(history, (events) => {
        const ids = new Set(
          events.flatMap((of) => (of.type === 'FillFailed' ? [of.value.fill_id] : [])),
        );
        const without = events.filter(
          ({ value }) => !('fill_id' in value) || !ids.has(value.fill_id),
        );
        const names = Object.fromEntries(
          [...ids].map((id) => {
            const named = {
              kind: 'fill',
              account: '0xa1',
              fillId: id,
              stage: 'failed',
              isAside: false,
              moves: null,
            };
            return [`fill|0xa1|${id}`, named];
          }),
        );
        expect(fold(events)).toEqual({ ...(fold(without) as object), ...names });
      }),
      { numRuns: 1_000 },
    );
  });
});
