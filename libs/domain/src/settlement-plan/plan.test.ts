import { describe, expect, test } from '@jest/globals';
import { shares } from '@polytraders/money';
import { proposeConversion, proposeFor, redemptionOf, targetOf, withSharesTaken } from './plan.ts';
import { event, MARKET, nos, plain, question, token, units } from './units.fixture.ts';

const first = (unit: ReturnType<typeof plain>) => {
  const [found] = unit.questions;
  if (found === undefined) throw new Error('Expected a question.');
  return proposeFor(unit, found);
};

describe('a merge', () => {
  test('takes as many pairs as are free, and frees a pUSD for each', () => {
    const { plan, withheld } = first(plain(300, 200));
    expect(withheld).toBeNull();
    expect(plan).toMatchObject({ kind: 'MERGE', amount: units(200), cash: units(200), fee: 0n });
    expect(plan?.legs).toEqual([
      { tokenId: 'y0', outcomeIndex: 0, quantity: units(200) },
      { tokenId: 'n0', outcomeIndex: 1, quantity: units(200) },
    ]);
  });

  test('leaves reserved and pending shares alone: 300 held, 120 free, 120 merged', () => {
    const held = [token('y0', 300, { free: shares(units(120)) }), token('n0', 200)] as const;
    expect(first(plain(0, 0, { held })).plan?.amount).toBe(units(120));
  });

  test.each([
    ['one outcome alone', 300, 0],
    ['nothing', 0, 0],
  ])('is not planned of %s', (_, yes, no) => {
    expect(first(plain(yes, no))).toEqual({ plan: null, withheld: null });
  });

  test('is not planned where free is below zero', () => {
    const held = [token('y0', 0, { free: shares(-5n) }), token('n0', 200)] as const;
    expect(first(plain(0, 0, { held }))).toEqual({ plan: null, withheld: null });
  });

  test('is withheld by name where a quantity is not known', () => {
    const held = [token('y0', 5), token('n0', 5, { doubts: ['GOV_ACCOUNT_INCOMPLETE'] })] as const;
    expect(first(plain(0, 0, { held }))).toEqual({
      plan: null,
      withheld: { target: '0xc0', kind: 'MERGE', code: 'GOV_ACCOUNT_INCOMPLETE' },
    });
  });
});

describe('a redemption', () => {
  const resolved = (yes: number, no: number, ...numerators: readonly bigint[]) =>
    plain(yes, no, { numerators });

  test('S9 5: 2,000 YES of a market that resolved YES redeem for 2,000', () => {
    const { plan } = first(resolved(2_000, 0, 1n, 0n));
    expect(plan).toMatchObject({ kind: 'REDEEM', cash: units(2_000), amount: units(2_000) });
    expect(plan?.legs).toEqual([{ tokenId: 'y0', outcomeIndex: 0, quantity: units(2_000) }]);
  });

  test('burns the losers alongside, for nothing', () => {
    const { plan } = first(resolved(583, 1_583, 0n, 1n));
    expect(plan?.cash).toBe(units(1_583));
    expect(plan?.legs.map(({ quantity }) => quantity)).toEqual([units(583), units(1_583)]);
  });

  test('50-50 floors each outcome by itself: 1,583,332 and 583,331 pay 1,083,331', () => {
    expect(redemptionOf([1_583_332n, 583_331n], [1n, 1n])).toBe(1_083_331n);
    expect(redemptionOf([0n, 1_000_001n], [1n, 1n])).toBe(500_000n);
    expect(redemptionOf([3n, 0n], [2n, 4n])).toBe(1n);
  });

  test('that the contract cannot compute waits by name: its product is beyond 256 bits', () => {
    const large = 2n ** 255n;
    expect(redemptionOf([10n, 0n], [large, 1n])).toBeNull();
    expect(redemptionOf([1n, 0n], [large, 1n])).toBe(0n);
    expect(redemptionOf([0n, 10n], [large, 1n])).toBe(0n);
    expect(first(resolved(10, 0, large, 1n)).withheld?.code).toBe(
      'GOV_SETTLEMENT_PAYOUT_UNREADABLE',
    );
  });

  test('of losers alone is not proposed: it gains nothing', () => {
    expect(first(resolved(0, 100, 1n, 0n))).toEqual({ plan: null, withheld: null });
  });

  test('is all or nothing: it waits by name while a share is reserved, pending or in a job', () => {
    const held = [token('y0', 10, { free: shares(units(9)) }), token('n0', 0)] as const;
    const code = 'GOV_SETTLEMENT_SHARES_NOT_FREE';
    const unit = plain(0, 0, { held, numerators: [1n, 0n] });
    expect(first(unit).withheld).toEqual({ target: '0xc0', kind: 'REDEEM', code });
    const other = plain(10, 0, { numerators: [1n, 0n] });
    const taken = new Map([['y0', 1n]]);
    expect(
      proposeFor(other, question(0, 10, 0, { numerators: [1n, 0n] }), taken).withheld?.code,
    ).toBe(code);
  });

  test.each([
    ['a wallet that has sold more than it held', [-1, 5], [0n, 1n], 'GOV_WALLET_OVERSOLD'],
    ['numerators that pay nobody', [5, 5], [0n, 0n], 'GOV_SETTLEMENT_PAYOUT_UNREADABLE'],
    ['numerators of three outcomes', [5, 5], [1n, 0n, 0n], 'GOV_SETTLEMENT_PAYOUT_UNREADABLE'],
    ['a negative numerator', [5, 5], [2n, -1n], 'GOV_SETTLEMENT_PAYOUT_UNREADABLE'],
  ] as const)('is withheld by name for %s', (_, [yes, no], numerators, code) => {
    expect(first(resolved(yes, no, ...numerators)).withheld?.code).toBe(code);
  });
});

describe('a conversion', () => {
  test('row 2: 100 NO of two of three questions free 100 and give 100 YES of the third', () => {
    const { plan } = proposeConversion(nos([100, 100, 0]));
    expect(plan).toMatchObject({ kind: 'CONVERT', cash: units(100), fee: 0n, indexSet: 3n });
    expect(plan?.legs.map(({ tokenId }) => tokenId)).toEqual(['n0', 'n1']);
    expect(plan?.gains).toEqual([{ tokenId: 'y2', outcomeIndex: 0, quantity: units(100) }]);
    expect(plan === null ? '' : targetOf(plan)).toBe(MARKET);
  });

  test('row 5: at 200 bips it frees 98 and says that 2 pUSD and 2 YES stay with the vault', () => {
    const { plan } = proposeConversion(nos([100, 100, 0], 200));
    expect(plan).toMatchObject({ cash: units(98), fee: units(2), feeYes: units(2), feeBips: 200 });
  });

  test('row 3: of two layers the one that frees more is first, the other once it is done', () => {
    const held = [
      [10, 90],
      [0, 60],
      [0, 30],
    ] as const;
    const { plan } = proposeConversion(event(held));
    expect([plan?.indexSet, plan?.amount, plan?.cash]).toEqual([7n, units(30), units(60)]);
    const rest = proposeConversion(
      event([
        [10, 60],
        [0, 30],
        [0, 0],
      ]),
    );
    expect([rest.plan?.indexSet, rest.plan?.cash]).toEqual([3n, units(30)]);
  });

  test.each([
    ['one NO alone', nos([100, 0])],
    [
      'YES of every question',
      event([
        [50, 0],
        [50, 0],
        [50, 0],
      ]),
    ],
    ['a fee that keeps it all', nos([100, 100], 10_000)],
    ['a plain market', plain(0, 100)],
    ['an event of one question', nos([100])],
    ['an event of more questions than a call can name', nos(Array(256).fill(1) as number[])],
  ])('is not planned of %s', (_, unit) => {
    expect(proposeConversion(unit)).toEqual({ plan: null, withheld: null });
  });

  test('leaves out questions that are resolved, not placed, or in doubt; the last by name', () => {
    const unit = nos([100, 100, 0]);
    const [a, b, c] = unit.questions;
    if (a === undefined || b === undefined || c === undefined) throw new Error('Expected three.');
    const none = { plan: null, withheld: null };
    const withB = (other: typeof b) => proposeConversion({ ...unit, questions: [a, other, c] });
    expect(withB({ ...b, numerators: [0n, 1n] })).toEqual(none);
    expect(withB({ ...b, questionIndex: null })).toEqual(none);
    const doubtful = token('n1', 100, { doubts: ['GOV_WALLET_OVERSOLD'] });
    expect(withB({ ...b, held: [b.held[0], doubtful] })).toEqual({
      plan: null,
      withheld: { target: MARKET, kind: 'CONVERT', code: 'GOV_WALLET_OVERSOLD' },
    });
  });

  test('leaves out two conditions that claim one place in the event', () => {
    const unit = nos([100, 100, 100, 100]);
    const twice = unit.questions.map((one, at) => (at === 1 ? { ...one, questionIndex: 0 } : one));
    const { plan } = proposeConversion({ ...unit, questions: twice });
    expect([plan?.indexSet, plan?.cash]).toEqual([12n, units(100)]);
  });

  test('takes what a merge leaves: of 100 and 60 NO, 40 of the first are merged', () => {
    const unit = event([
      [40, 100],
      [0, 60],
    ]);
    const merge = first(unit).plan;
    if (merge === null) throw new Error('Expected a merge.');
    const { plan } = proposeConversion(unit, withSharesTaken(new Map(), merge));
    expect([merge.cash, plan?.cash]).toEqual([units(40), units(60)]);
  });
});
