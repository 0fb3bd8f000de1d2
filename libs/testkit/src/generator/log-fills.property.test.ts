import { describe, expect, test } from '@jest/globals';
import { codec, type FillConfirmed, partitionOf } from '@polytraders/contracts';
import { generateLogFills, LOG_PARTITIONS } from './log-fills.ts';

const options = { seed: '1', count: 20_000, books: 720 };

function bytesOf(fill: FillConfirmed): string {
  return Buffer.from(codec.encode('FillConfirmed', fill, 0)).toString('base64');
}

describe('generated fills of the log', () => {
  const fills = [...generateLogFills(options)];

  test('are the same, byte for byte, for the same seed', () => {
    const again = [...generateLogFills(options)];
    expect(again.map(bytesOf)).toEqual(fills.map(bytesOf));
  });

  test('fall on as many books as asked for, evenly over the partitions', () => {
    const books = new Set(
      fills.map((fill) => `${fill.account}|${fill.trading_bot_id}|${fill.token_id}`),
    );
    expect(books.size).toBe(options.books);
    const counts = new Map<number, number>();
    for (const { account } of fills) {
      const partition = partitionOf(account, LOG_PARTITIONS);
      counts.set(partition, (counts.get(partition) ?? 0) + 1);
    }
    expect(counts.size).toBe(LOG_PARTITIONS);
    for (const count of counts.values())
      expect(count).toBeGreaterThan(options.count / LOG_PARTITIONS / 1.2);
  });

  test('have ids of their own, exact amounts and prices inside (0, 1)', () => {
    expect(new Set(fills.map((fill) => fill.fill_id)).size).toBe(fills.length);
    for (const { quantity_shares: quantity, size_pusd: size, price } of fills) {
      expect(quantity > 0n && price > 0n && price < 10n ** 18n).toBe(true);
      expect(size * 10n ** 18n).toBe(quantity * price);
    }
  });

  test('hover around flat: books are closed and turned, not only built up', () => {
    const held = new Map<string, bigint>();
    let closed = 0;
    let turned = 0;
    for (const {
      account,
      trading_bot_id: bot,
      token_id: token,
      order_side: side,
      quantity_shares: quantity,
    } of fills) {
      const key = `${account}|${bot}|${token}`;
      const before = held.get(key) ?? 0n;
      const after = before + (side === 'BUY' ? quantity : -quantity);
      if (before !== 0n && after === 0n) closed += 1;
      if (before * after < 0n) turned += 1;
      held.set(key, after);
    }
    expect(closed).toBeGreaterThan(fills.length / 20);
    expect(turned).toBeGreaterThan(fills.length / 200);
  });
});
