import { describe, expect, test } from '@jest/globals';
import { pusd, shares } from '@polytraders/money';
import {
  ACCOUNT,
  after,
  asked,
  buy,
  cash,
  closed,
  codes,
  CONDITION,
  createDesk,
  defined,
  failed,
  fill,
  NO,
  opened,
  opening,
  passed,
  resolved,
  token,
  units,
  YES,
} from './desk.fixture.ts';
import { type InventoryEvent } from './events.ts';

describe('requests', () => {
  test('one within what is free is granted and kept until its time is up', () => {
    const desk = after(opening(51), asked());
    expect(cash(desk)).toMatchObject({ reserved: units(51), free: 0n });
    desk.fold(passed(999));
    expect(desk.reservations()).toMatchObject([{ reservationId: 'r1', state: 'pending' }]);
    desk.fold(passed(1_000));
    const ended = { state: 'expired', reason: 'GOV_RESERVATION_EXPIRED', remaining: 0n };
    expect(desk.reservations()).toMatchObject([ended]);
    expect(cash(desk)).toMatchObject({ reserved: 0n });
    expect(desk.alarms).toEqual([]);
  });

  test('one beyond what is free is refused: what goes out counts, what comes in does not', () => {
    const desk = after(opening(100), fill('FillMatched'));
    expect(cash(desk)).toMatchObject({ free: units(79.6) });
    desk.fold(asked({ amount_pusd: pusd(units(78.600001)) }));
    expect(desk.reservations()).toMatchObject([
      { state: 'refused', reason: 'GOV_INVENTORY_INSUFFICIENT', remaining: 0n },
    ]);
    expect(desk.alarms).toMatchObject([
      { code: 'GOV_INVENTORY_INSUFFICIENT', left: units(79.6), amount: units(79.600001) },
    ]);
    desk.fold(asked({ reservation_id: 'r2', amount_pusd: pusd(units(78.6)) }));
    expect(cash(desk)).toMatchObject({ free: 0n });
    desk.fold(asked({ reservation_id: 'r3', token_id: YES, quantity_shares: shares(1n) }));
    expect(desk.reservations().at(-1)).toMatchObject({ state: 'refused' });
  });

  test('one for pUSD without a max fee is refused', () => {
    const desk = after(opening(100), asked({ max_fee_pusd: null }));
    expect(desk.reservations()).toMatchObject([
      { state: 'refused', reason: 'GOV_REQUEST_WITHOUT_MAX_FEE' },
    ]);
    expect(desk.alarms).toEqual([]);
  });

  test('one for a token of a resolved market is refused', () => {
    const desk = after(opening(0, [{ token: YES, quantity: 9 }]), resolved('1', '0'));
    desk.fold(asked({ token_id: YES, quantity_shares: shares(1n), amount_pusd: null }));
    expect(desk.reservations()).toMatchObject([
      { state: 'refused', reason: 'GOV_MARKET_RESOLVED' },
    ]);
  });

  test('one that names no amount is set aside; one known by its id is not judged again', () => {
    const desk = after(opening(100));
    expect(desk.fold(asked({ amount_pusd: null }))).toBe('REQUEST_INCOMPLETE');
    expect(desk.fold(asked({ amount_pusd: pusd(0n) }))).toBe('REQUEST_INCOMPLETE');
    expect(desk.fold(asked(), asked())).toBe('request known');
  });

  test('an order that names a granted request takes it over: one reservation, never two', () => {
    const desk = after(opening(100), asked(), buy({ reservation_id: 'r1' }));
    expect(cash(desk)).toMatchObject({ reserved: units(51) });
    expect(desk.reservations()).toMatchObject([
      { reservationId: 'r1', orderId: 'o1', state: 'pending', requested: units(51) },
    ]);
    desk.fold(passed(5_000));
    expect(desk.reservations()).toMatchObject([{ state: 'pending' }]);
    desk.fold(closed('CANCELLED'));
    expect(desk.reservations()).toMatchObject([{ reservationId: 'r1', state: 'voided' }]);
    expect(cash(desk)).toMatchObject({ reserved: 0n });
  });

  test('an order that comes before the request it names keeps once, in the same state', () => {
    const first = after(opening(100), asked(), buy({ reservation_id: 'r1' }));
    const second = after(opening(100), buy({ reservation_id: 'r1' }), asked());
    expect(cash(second)).toEqual(cash(first));
    expect(second.reservations()).toEqual(first.reservations());
  });

  test.each([
    ['has expired', [asked(), passed(1_000)], {}],
    ['was refused', [asked({ amount_pusd: pusd(units(1_000)) })], {}],
    ['keeps another asset', [asked()], { order_side: 'SELL' }],
    ['is taken by another order', [asked(), buy({ order_id: 'o0', reservation_id: 'r1' })], {}],
  ] as const)('an order that names a request that %s keeps for itself', (_, before, said) => {
    const desk = after(opening(200), ...before, buy({ reservation_id: 'r1', ...said }));
    expect(desk.reservations().at(-1)).toMatchObject({ reservationId: 'order/0xa1/o1' });
  });
});

describe('sweeps', () => {
  test('an order past its deadline without a terminal event is released and reported', () => {
    const desk = after(opening(100), buy({ expires_at: 500 }), passed(499));
    expect(desk.alarms).toEqual([]);
    desk.fold(passed(500));
    expect(cash(desk)).toMatchObject({ reserved: 0n, free: units(100) });
    expect(desk.reservations()).toMatchObject([
      { state: 'expired', reason: 'GOV_RESERVATION_LEAK' },
    ]);
    expect(desk.alarms).toMatchObject([
      { code: 'GOV_RESERVATION_LEAK', orderId: 'o1', amount: units(51) },
    ]);
    expect(desk.fold(passed(600))).toBe('nothing was due');
  });

  test('one whose end was told in time is not reported; told late, its end is its end', () => {
    const inTime = after(opening(100), buy({ expires_at: 500 }), closed('EXPIRED'), passed(500));
    expect(inTime.alarms).toEqual([]);
    const late = after(opening(100), buy({ expires_at: 500 }), passed(500), closed('EXPIRED'));
    expect(late.reservations()).toEqual(inTime.reservations());
  });

  test('an end that names the order by its hash is its end, under whatever id', () => {
    const hash = { order_hash: '0xh1' };
    const desk = after(opening(100), buy(hash), closed('CANCELLED', { order_id: 'x', ...hash }));
    expect(cash(desk)).toMatchObject({ reserved: 0n, free: units(100) });
    expect(desk.reservations()).toMatchObject([{ orderId: 'o1', state: 'voided' }]);
  });

  test('one that is filled in full is not reported', () => {
    const whole = { quantity_shares: shares(units(100)), size_pusd: pusd(units(50)) };
    const desk = after(
      opening(100),
      buy({ expires_at: 500 }),
      fill('FillMatched', whole),
      passed(500),
    );
    expect([desk.alarms, desk.reservations()]).toMatchObject([[], [{ state: 'posted' }]]);
    // The fill fails after all: past its deadline the order keeps nothing again.
    desk.fold(failed());
    expect(cash(desk)).toMatchObject({ reserved: 0n, free: units(100) });
  });

  test('a resolution releases the orders of its market and no others', () => {
    const other = buy({ order_id: 'o2', token_id: '900', condition_id: '0xc9' });
    const desk = after(opening(200), buy(), other, resolved('1', '0'));
    expect(desk.reservations()).toMatchObject([
      { orderId: 'o1', state: 'voided', reason: 'GOV_MARKET_RESOLVED' },
      { orderId: 'o2', state: 'pending' },
    ]);
    expect(desk.alarms).toEqual([]);
    // The end that comes behind the resolution is its end; no time reports it any more.
    desk.fold(closed('MARKET_RESOLVED'), passed(1));
    expect([desk.alarms, desk.fold(passed(2))]).toEqual([[], 'nothing was due']);
  });

  test('a resolution and time end an order that names no condition, too', () => {
    const bare = { order_id: 'o9', condition_id: null, expires_at: 500 };
    const desk = after(opening(100), defined(), buy({ ...bare }), resolved());
    expect(cash(desk)).toMatchObject({ reserved: 0n });
    desk.fold(passed(500));
    expect(codes(desk)).toEqual(['GOV_RESERVATION_LEAK']);
  });

  test('a definition behind its resolution ends what named no condition', () => {
    const told = { condition_id: null, token_id: YES, quantity_shares: shares(units(900)) };
    const desk = after(
      opening(100),
      { type: 'TokensTransferred', value: { account: ACCOUNT, direction: 'IN', ...told } },
      opened({ condition_id: null }),
      buy({ order_id: 'o2', condition_id: null }),
      asked({ token_id: YES, quantity_shares: shares(units(50)) }),
      resolved('1', '0'),
    );
    expect(token(desk)).toMatchObject({ reserved: units(850) });
    desk.fold(defined());
    expect(token(desk)).toMatchObject({ reserved: 0n, redeemable: units(900) });
    expect(cash(desk)).toMatchObject({ reserved: 0n });
    const voided = { state: 'voided', reason: 'GOV_MARKET_RESOLVED', remaining: 0n };
    expect(desk.reservations()).toMatchObject([voided, voided, voided]);
    expect(desk.fold(defined())).toBe('market known');
    desk.fold(closed('CANCELLED'), passed(1));
    expect(desk.alarms).toMatchObject([{ code: 'GOV_RESERVATION_LEAK', orderId: 'o2' }]);
  });

  test('a definition of another question ends it, too, by the tokens that it names', () => {
    const nameless = opened({ condition_id: null });
    const question = { condition_id: CONDITION, yes_token_id: YES, no_token_id: NO };
    const other: InventoryEvent = {
      type: 'MarketDefined',
      value: {
        condition_id: '0xc9',
        tokens: [{ token_id: '901' }, { token_id: '902' }],
        questions: [{ condition_id: '0xc9', yes_token_id: '901', no_token_id: '902' }, question],
        synthesised: false,
      },
    };
    const buying = buy({ order_id: 'o2', condition_id: null });
    const told = [opening(100, [{ token: YES, quantity: 800 }]), nameless, buying] as const;
    const desk = after(...told, resolved('1', '0'), other);
    expect(token(desk)).toMatchObject({ reserved: 0n, free: units(800) });
    expect(cash(desk)).toMatchObject({ reserved: 0n });
    const states = desk.reservations().map(({ state, reason }) => [state, reason]);
    expect(states).toEqual([
      ['voided', 'GOV_MARKET_RESOLVED'],
      ['voided', 'GOV_MARKET_RESOLVED'],
    ]);
    // In whichever order the two have come.
    expect(token(after(...told, other, resolved('1', '0')))).toEqual(token(desk));
  });

  test('where no end comes behind a resolution, the next time that passes reports it', () => {
    const desk = after(opening(100), buy({ expires_at: 900 }), resolved('1', '0'), passed(1));
    expect(codes(desk)).toEqual(['GOV_RESERVATION_LEAK']);
    expect(desk.reservations()).toMatchObject([
      { state: 'voided', reason: 'GOV_RESERVATION_LEAK' },
    ]);
    expect(desk.fold(passed(900))).toBe('nothing was due');
  });

  test('a request for a token is voided by the resolution of its market', () => {
    const desk = after(
      defined(),
      opening(0, [{ token: YES, quantity: 9 }]),
      asked({ token_id: YES, quantity_shares: shares(units(4)), amount_pusd: null }),
      resolved('1', '0'),
    );
    expect(desk.reservations()).toMatchObject([{ state: 'voided', reason: 'GOV_MARKET_RESOLVED' }]);
    expect(token(desk)).toMatchObject({ reserved: 0n, redeemable: units(9) });
  });

  test('an order that is opened in a resolved market keeps nothing', () => {
    const desk = after(resolved('1', '0'), opening(100), buy());
    expect(cash(desk)).toMatchObject({ reserved: 0n });
    const before = after(opening(100), buy(), resolved('1', '0'));
    expect(desk.reservations()).toEqual(before.reservations());
  });
});

describe('markets', () => {
  const held = opening(0, [
    { token: YES, quantity: 100 },
    { token: NO, quantity: 30 },
  ]);

  test('a resolution makes the free shares of the winner redeemable', () => {
    const desk = after(defined(), held, opened({ quantity_shares: shares(units(10)) }));
    expect(token(desk)).toMatchObject({ redeemable: 0n, reserved: units(10) });
    desk.fold(resolved('1', '0'));
    expect(token(desk)).toMatchObject({ redeemable: units(100), free: units(100) });
    expect(token(desk, NO)).toMatchObject({ redeemable: 0n, incomplete: [] });
    expect(desk.fold(resolved('1', '0'))).toBe('market known');
  });

  test('50-50 pays for both, whichever is which', () => {
    const desk = after(held, resolved('1', '1'));
    expect(token(desk)).toMatchObject({ redeemable: units(100), incomplete: [] });
    expect(token(desk, NO)).toMatchObject({ redeemable: units(30) });
  });

  test('what goes out with a fill that may still fail is not redeemable', () => {
    const sold = fill('FillMatched', { order_side: 'SELL' });
    expect(token(after(defined(), held, sold, resolved('1', '0')))).toMatchObject({
      redeemable: units(60),
      pendingOut: units(40),
    });
  });

  test('an outcome that nobody knows is named and not redeemable; a definition clears it', () => {
    const desk = after(held, resolved('1', '0'));
    expect(token(desk)).toMatchObject({ redeemable: 0n, incomplete: ['GOV_OUTCOME_UNKNOWN'] });
    expect(desk.fold(defined({ synthesised: true }))).toBe('applied');
    expect(token(desk)).toMatchObject({ incomplete: ['GOV_OUTCOME_UNKNOWN'] });
    desk.fold(defined());
    expect(token(desk)).toMatchObject({ redeemable: units(100), incomplete: [] });
    expect(desk.fold(defined())).toBe('market known');
  });

  test('an outcome that only the id tells is read from it, when it matters', () => {
    const asked: string[] = [];
    const outcomeOf = (condition: string, id: string): 0 | 1 => {
      asked.push(`${condition}/${id}`);
      return id === YES ? 0 : 1;
    };
    const known = createDesk(outcomeOf);
    known.fold(held, resolved('1', '0'));
    expect(token(known)).toMatchObject({ redeemable: units(100), incomplete: [] });
    expect(token(known, NO)).toMatchObject({ redeemable: 0n, incomplete: [] });
    expect(asked).toEqual([`${CONDITION}/${YES}`, `${CONDITION}/${NO}`]);
    const equal = createDesk(outcomeOf);
    equal.fold(held, resolved('1', '1'));
    const late = createDesk(outcomeOf);
    late.fold(resolved('1', '0'), held);
    expect(token(late)).toEqual(token(known));
  });

  test('a token whose condition is told later belongs to it from then on', () => {
    const unknown = fill('FillConfirmed', { condition_id: null });
    const desk = after(unknown);
    expect(token(desk)).toMatchObject({ incomplete: ['GOV_CONDITION_UNKNOWN'] });
    desk.fold(defined(), resolved('1', '0'));
    expect(token(desk)).toMatchObject({ redeemable: units(40), incomplete: [] });
    // And one that was defined before needs no condition of its own.
    expect(token(after(defined(), unknown, resolved('1', '0')))).toEqual(token(desk));
  });
});

describe('chain movements move totals', () => {
  const legs = (...quantities: readonly number[]) =>
    quantities.map((quantity, outcome_index) => ({
      token_id: [YES, NO][outcome_index] ?? '',
      outcome_index,
      quantity_shares: shares(units(quantity)),
    }));
  const market = { account: ACCOUNT, condition_id: CONDITION };

  test('split, merge and redeem', () => {
    const desk = after(opening(100), {
      type: 'PositionsSplit',
      value: { ...market, amount_pusd: pusd(units(60)), legs: legs(60, 60) },
    });
    expect(cash(desk)).toMatchObject({ total: units(40) });
    expect(token(desk, NO)).toMatchObject({ total: units(60), incomplete: [] });
    desk.fold({
      type: 'PositionsMerged',
      value: { ...market, amount_pusd: pusd(units(20)), legs: legs(20, 20) },
    });
    expect(cash(desk)).toMatchObject({ total: units(60) });
    desk.fold(resolved('1', '0'));
    expect(token(desk)).toMatchObject({ redeemable: units(40) });
    desk.fold({
      type: 'PositionsRedeemed',
      value: { ...market, payout_pusd: pusd(units(40)), legs: legs(40, 40) },
    });
    expect(cash(desk)).toMatchObject({ total: units(100) });
    expect([token(desk), token(desk, NO)]).toMatchObject([
      { total: 0n, redeemable: 0n },
      { total: 0n },
    ]);
  });

  test('conversion, transfers, and cash', () => {
    const desk = after(opening(10, [{ token: NO, quantity: 50 }]));
    desk.fold({
      type: 'PositionsConverted',
      value: {
        account: ACCOUNT,
        payout_pusd: pusd(units(5)),
        legs_out: [{ token_id: NO, outcome_index: 1, quantity_shares: shares(units(50)) }],
        legs_in: [{ token_id: '777', outcome_index: 0, quantity_shares: shares(units(49)) }],
      },
    });
    expect([cash(desk), token(desk, NO), token(desk, '777')]).toMatchObject([
      { total: units(15) },
      { total: 0n },
      { total: units(49), incomplete: ['GOV_CONDITION_UNKNOWN'] },
    ]);
    const transfer = {
      account: ACCOUNT,
      condition_id: CONDITION,
      token_id: YES,
      quantity_shares: shares(units(7)),
    };
    desk.fold(
      { type: 'TokensTransferred', value: { ...transfer, direction: 'IN' } },
      { type: 'CashMoved', value: { account: ACCOUNT, amount_pusd: pusd(units(-4)) } },
    );
    expect([cash(desk), token(desk)]).toMatchObject([{ total: units(11) }, { total: units(7) }]);
    desk.fold({ type: 'TokensTransferred', value: { ...transfer, direction: 'OUT' } });
    expect(token(desk)).toMatchObject({ total: 0n });
  });
});
