import { describe, expect, test } from '@jest/globals';
import { pusd, rational, shares } from '@polytraders/money';
import {
  activityFillId,
  chainFillId,
  compareAcrossSources,
  compareWithinSource,
  contentString,
  type FillContent,
  fileRowFillId,
  isOrderHash,
  venueFillId,
} from './identity.ts';
import { type FillStatus, judgeStatus } from './status.ts';

const tick = rational(1n, 100n);
const hash = (digit: string): string => `0x${digit.repeat(64)}`;
const nowhere = { txHash: null, orderHash: null, logIndex: null, blockNumber: null };
const known: FillContent = {
  account: '0xa',
  orderId: 'ord_1',
  tokenId: '123',
  orderSide: 'BUY',
  quantity: shares(100_000_000n),
  notional: pusd(50_000_000n),
  fee: null,
  coordinates: nowhere,
};

describe('within one source (B9)', () => {
  test('the same content is a duplicate', () => {
    expect(compareWithinSource(known, { ...known })).toBe('duplicate');
  });

  test.each<Partial<FillContent>>([
    { account: '0xb' },
    { orderId: 'ord_2' },
    { tokenId: '124' },
    { orderSide: 'SELL' },
    { quantity: shares(1n) },
    { notional: pusd(1n) },
  ])('another %j is a conflict', (other) => {
    expect(compareWithinSource(known, { ...known, ...other })).toBe('conflict');
  });

  test('the content in one string tells apart whatever differs', () => {
    const strings = [
      contentString('0xa', 'ord_1', '123', 'BUY', 100n, 50n),
      contentString('0xb', 'ord_1', '123', 'BUY', 100n, 50n),
      contentString('0xa', null, '123', 'BUY', 100n, 50n),
      contentString('0xa', 'ord_1', '124', 'BUY', 100n, 50n),
      contentString('0xa', 'ord_1', '123', 'SELL', 100n, 50n),
      contentString('0xa', 'ord_1', '123', 'BUY', 101n, 50n),
      contentString('0xa', 'ord_1', '123', 'BUY', 100n, 51n),
    ];
    expect(strings[0]).toBe('0xa|ord_1|123|BUY|100|50');
    expect(new Set(strings).size).toBe(7);
  });

  test('fee and coordinates count only where both sides have them', () => {
    const withFee = { ...known, fee: pusd(1n), coordinates: { ...nowhere, txHash: '0x1' } };
    expect(compareWithinSource(known, withFee)).toBe('duplicate');
    expect(compareWithinSource(withFee, { ...withFee, fee: pusd(2n) })).toBe('conflict');
    const elsewhere = { ...withFee, coordinates: { ...nowhere, txHash: '0x2' } };
    expect(compareWithinSource(withFee, elsewhere)).toBe('conflict');
  });
});

describe('where a fill lies is part of what it is (B9)', () => {
  const placed = {
    txHash: hash('1'),
    orderHash: hash('2'),
    logIndex: 7,
    blockNumber: 85_050_371,
  };
  const at = (coordinates: FillContent['coordinates']): FillContent => ({ ...known, coordinates });

  test.each<Partial<FillContent['coordinates']>>([
    { txHash: hash('3') },
    { orderHash: hash('3') },
    { logIndex: 8 },
    { blockNumber: 85_050_372 },
  ])('the same id and content at another %j is a conflict', (other) => {
    expect(compareWithinSource(at(placed), at({ ...placed, ...other }))).toBe('conflict');
  });

  test.each(['txHash', 'orderHash', 'logIndex', 'blockNumber'] as const)(
    'a record that does not know its %s is a duplicate, whichever comes first',
    (name) => {
      const without = at({ ...placed, [name]: null });
      expect(compareWithinSource(at(placed), without)).toBe('duplicate');
      expect(compareWithinSource(without, at(placed))).toBe('duplicate');
    },
  );
});

describe('across sources (B9)', () => {
  test('a notional within one tick × quantity matches', () => {
    expect(compareAcrossSources(known, { ...known, notional: pusd(51_000_000n) }, tick)).toEqual(
      [],
    );
    expect(compareAcrossSources(known, { ...known, notional: pusd(51_000_001n) }, tick)).toEqual([
      'notional',
    ]);
  });

  test('order ids are compared only where both are order hashes, in any case of letters', () => {
    const a = { ...known, orderId: hash('a') };
    expect(compareAcrossSources(known, a, tick)).toEqual([]);
    expect(compareAcrossSources({ ...known, orderId: hash('A') }, a, tick)).toEqual([]);
    expect(compareAcrossSources({ ...known, orderId: hash('b') }, a, tick)).toEqual(['order_id']);
  });

  test('every difference is named', () => {
    const other = {
      ...known,
      account: '0xb',
      tokenId: '9',
      orderSide: 'SELL' as const,
      quantity: shares(1n),
    };
    expect(compareAcrossSources(known, other, tick)).toEqual([
      'account',
      'token_id',
      'order_side',
      'quantity',
    ]);
  });
});

describe('recipes', () => {
  test('each names what identifies a fill of its source', () => {
    expect(chainFillId('0xAB', '0xCD')).toBe('0xab:0xcd');
    expect(venueFillId('t1', null)).toBe('t1');
    expect(venueFillId('t1', 'm1')).toBe('t1:m1');
    expect(fileRowFillId('f00d', 7)).toBe('f00d:7');
    const row = {
      txHash: '0xAB',
      wallet: '0xC',
      asset: '1',
      side: 'BUY',
      size: '2',
      price: '0.5',
      timestamp: '3',
    };
    expect(activityFillId(row, (text) => `h(${text})`)).toBe('h(0xab|0xc|1|BUY|2|0.5|3)');
  });

  test('an order hash is 0x and 64 hex digits', () => {
    expect([
      isOrderHash(hash('a')),
      isOrderHash('ord_1'),
      isOrderHash('0xab'),
      isOrderHash(null),
    ]).toEqual([true, false, false, false]);
  });
});

describe('the ladder (B8)', () => {
  test.each<[FillStatus | null, FillStatus, string]>([
    [null, 'MATCHED', 'advance'],
    [null, 'CONFIRMED', 'advance'],
    ['MATCHED', 'MINED', 'advance'],
    ['MATCHED', 'CONFIRMED', 'advance'],
    ['MATCHED', 'FAILED', 'advance'],
    ['MINED', 'MATCHED', 'behind'],
    ['MINED', 'FAILED', 'advance'],
    ['CONFIRMED', 'MATCHED', 'behind'],
    ['CONFIRMED', 'CONFIRMED', 'repeat'],
    ['CONFIRMED', 'FAILED', 'conflict'],
    ['FAILED', 'CONFIRMED', 'conflict'],
    ['FAILED', 'MINED', 'behind'],
    ['FAILED', 'FAILED', 'repeat'],
  ])('%s then %s: %s', (current, arriving, verdict) => {
    expect(judgeStatus(current, arriving)).toBe(verdict);
  });
});
