import { describe, expect, test } from '@jest/globals';
import { type LedgerEvent } from '@polytraders/contracts';
import { pusd, shares } from '@polytraders/money';
import { changes } from './changes.ts';
import { type Entity } from './entities.ts';
import {
  ACCOUNT,
  asked,
  closed,
  confirmed,
  defined,
  failed,
  logOf,
  matched,
  NO,
  NOON,
  opened,
  opening,
  parameters,
  passed,
  resolved,
  YES,
} from './events.fixture.ts';
import { processor } from './processor.ts';
import { replayFromRows } from './rows.fixture.ts';
import { stateTables } from './tables.ts';

const story: readonly LedgerEvent[] = [
  parameters('limited_live'),
  opening(),
  matched({ fill_id: 'h1', order_id: null, order_hash: '0xh1', condition_id: null, token_id: NO }),
  confirmed({ fill_id: 'x1', order_id: 'x', order_hash: '0xh2', quantity_shares: shares(7n) }),
  defined(),
  asked(),
  asked({ reservation_id: 'r2', token_id: YES, quantity_shares: shares(9n), amount_pusd: null }),
  opened({ reservation_id: 'r1', order_hash: '0xh2', expires_at: NOON + 9 }),
  confirmed({ fill_id: 'f3', fee_pusd: null, fee_bps: null, flags: ['GOV_CASH_UNVERIFIED'] }),
  opened({
    order_id: 'o2',
    order_side: 'SELL',
    max_fee_pusd: null,
    order_hash: '0xh1',
    token_id: NO,
  }),
  opened({ order_id: 'o3', max_fee_pusd: null, expires_at: NOON + 5 }),
  failed('h1'),
  failed('f9'),
  passed(NOON + 6),
  closed({ order_id: 'o4' }),
  asked({ reservation_id: 'r4', amount_pusd: pusd(10n ** 12n) }),
  resolved('0', '1'),
];

describe('rows', () => {
  test('are all that a restart needs: a log folded from rows alone comes to the same', () => {
    const log = logOf(story);
    const { tables, keys } = replayFromRows(log);
    const whole = new Map<string, Entity>();
    for (const input of log) {
      const step = processor.step({ get: (key) => whole.get(key) }, input);
      if (step.outcome === 'ignored') continue;
      for (const { key, entity } of step.puts) {
        if (entity === undefined) whole.delete(key);
        else whole.set(key, entity);
      }
    }
    expect(whole.size).toBeGreaterThan(20);
    for (const key of keys) expect([key, tables.read(key)]).toEqual([key, whole.get(key)]);
    for (const { name } of stateTables) {
      if (name === 'order_by_hash' || name === 'stray_fills') continue;
      expect([name, tables.count(name) > 0]).toEqual([name, true]);
    }
  });

  test('fills that waited for their order leave no row behind', () => {
    const early = matched({ order_id: null, order_hash: '0xh1' });
    expect(replayFromRows(logOf([early])).tables.count('stray_fills')).toBe(1);
    const { tables } = replayFromRows(logOf([early, opened({ order_hash: '0xh1' })]));
    expect([tables.count('stray_fills'), tables.count('orders')]).toEqual([0, 1]);
  });

  test('an order that became part of another leaves no row behind', () => {
    const early = matched({ order_id: 'x', order_hash: '0xh1' });
    const { tables } = replayFromRows(logOf([early, opened({ order_hash: '0xh1' })]));
    expect(tables.count('orders')).toBe(1);
    expect(tables.read(`hash|${ACCOUNT}|0xh1`)).toEqual(tables.read(`order|${ACCOUNT}|o1`));
  });

  test('what is live is a row each: an order that ends removes its own', () => {
    const { tables } = replayFromRows(logOf([opened(), opened({ order_id: 'o2' }), closed()]));
    expect(tables.count('live')).toBe(1);
  });

  test('nothing is written where nothing changed', () => {
    const [key = '', entity] =
      [...replayFromRows(logOf([opening()])).keys].map(
        (one) => [one, replayFromRows(logOf([opening()])).tables.read(one)] as const,
      )[0] ?? [];
    expect(changes(key, entity, entity)).toEqual([]);
  });
});
