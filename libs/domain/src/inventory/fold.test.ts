import { describe, expect, test } from '@jest/globals';
import { priceE18, pusd, shares } from '@polytraders/money';
import {
  ACCOUNT,
  after,
  asked,
  buy,
  cash,
  closed,
  codes,
  failed,
  fill,
  NO,
  opened,
  opening,
  shown,
  token,
  units,
  YES,
} from './desk.fixture.ts';
import { type InventoryEvent } from './events.ts';

describe('worked examples of stage 9', () => {
  test('1 position from cumulative fills: Σ buys 2,000, Σ sells 0 ⇒ position +2,000 YES', () => {
    const desk = after(
      fill('FillConfirmed', { fill_id: 'a', quantity_shares: shares(units(1_200)) }),
      fill('FillConfirmed', { fill_id: 'b', quantity_shares: shares(units(800)) }),
    );
    expect(token(desk)).toMatchObject({ total: units(2_000), free: units(2_000) });
  });

  test('3 reserve invariant: total 2,000, reserved 800 (live sell order) ⇒ free 1,200', () => {
    const desk = after(opening(0, [{ token: YES, quantity: 2_000 }]), opened());
    expect(token(desk)).toMatchObject({
      total: units(2_000),
      reserved: units(800),
      free: units(1_200),
    });
  });
});

describe('what an order keeps', () => {
  test('BUY 100 @ 0.50 with a fee of at most 1 keeps 51 pUSD', () => {
    const desk = after(opening(100), buy());
    expect(cash(desk)).toMatchObject({ reserved: units(51), free: units(49), incomplete: [] });
    expect(desk.reservations()).toEqual([
      {
        reservationId: 'order/0xa1/o1',
        account: ACCOUNT,
        bot: 'mm',
        token: null,
        orderId: 'o1',
        state: 'pending',
        requested: units(51),
        remaining: units(51),
        expiresAt: null,
        reason: null,
      },
    ]);
  });

  test('an order without a max fee keeps none for it, and pUSD says so while it lives', () => {
    const desk = after(opening(100), buy({ max_fee_pusd: null }));
    expect(cash(desk)).toMatchObject({
      reserved: units(50),
      incomplete: ['GOV_ORDER_WITHOUT_MAX_FEE'],
    });
    desk.fold(closed('CANCELLED'));
    expect(cash(desk)).toMatchObject({ reserved: 0n, incomplete: [] });
  });

  test('a part of a micro is kept as a whole one: 1 share at 1/3 keeps 0.333334', () => {
    const price = priceE18(333_333_333_333_333_333n);
    const quantity_shares = shares(units(1));
    const desk = after(buy({ price, quantity_shares, max_fee_pusd: pusd(0n) }));
    expect(cash(desk)).toMatchObject({ reserved: 333_334n });
  });

  test('a partial fill releases its part: 40 of 100 leave 30.6 kept, 20.4 going out', () => {
    const desk = after(opening(100), buy(), fill('FillMatched'));
    expect(cash(desk)).toMatchObject({
      reserved: units(30.6),
      pendingOut: units(20.4),
      free: units(49),
      total: units(100),
    });
    expect(token(desk)).toMatchObject({ total: 0n, pendingIn: units(40) });
    desk.fold(fill('FillConfirmed'));
    expect(cash(desk)).toMatchObject({ pendingOut: 0n, total: units(79.6), free: units(49) });
    expect(token(desk)).toMatchObject({ total: units(40), pendingIn: 0n, free: units(40) });
  });

  test('a fill of the whole order posts its reservation', () => {
    const whole = { quantity_shares: shares(units(100)), size_pusd: pusd(units(50)) };
    const desk = after(opening(100), buy(), fill('FillConfirmed', whole));
    expect(desk.reservations()).toMatchObject([{ state: 'posted', remaining: 0n }]);
    expect(cash(desk)).toMatchObject({ reserved: 0n });
  });

  test('a fill beyond the size of its order keeps nothing and moves what it moved', () => {
    const more = { quantity_shares: shares(units(101)), size_pusd: pusd(units(50.5)) };
    const desk = after(opening(100), buy(), fill('FillConfirmed', more));
    expect(cash(desk)).toMatchObject({ reserved: 0n, total: units(49.1) });
  });

  test.each([
    ['FILLED', 'posted'],
    ['CANCELLED', 'voided'],
    ['REJECTED', 'voided'],
    ['EXPIRED', 'expired'],
    ['MARKET_RESOLVED', 'voided'],
  ] as const)('%s ends the reservation: %s', (reason, state) => {
    const desk = after(opening(100), buy(), closed(reason));
    expect(cash(desk)).toMatchObject({ reserved: 0n, free: units(100) });
    const [reservation] = desk.reservations();
    expect(reservation).toMatchObject({ state, remaining: 0n, reason: 'EXEC_ORDER_CLOSED' });
    expect(desk.alarms).toEqual([]);
  });

  test('a fill of another token than the order is none of its fills', () => {
    const desk = after(opening(100), buy(), fill('FillConfirmed', { token_id: NO }));
    expect(cash(desk)).toMatchObject({ reserved: units(51) });
    const early = after(fill('FillConfirmed', { token_id: NO }), opening(100), buy());
    expect(cash(early)).toEqual(cash(desk));
  });
});

describe('a fee that only the confirmation tells', () => {
  const whole = { quantity_shares: shares(units(100)), size_pusd: pusd(units(50)) };
  const unpriced = fill('FillMatched', { ...whole, fee_pusd: null });
  const r1 = buy({ reservation_id: 'r1' });
  const small = { reservation_id: 'r2', amount_pusd: pusd(units(1)), max_fee_pusd: pusd(0n) };

  test('goes out with the match as its largest: the next request does not get it', () => {
    const desk = after(opening(51), asked(), r1, unpriced);
    expect(cash(desk)).toMatchObject({ reserved: 0n, pendingOut: units(51), free: 0n });
    desk.fold(asked(small));
    expect(desk.reservations()).toContainEqual(
      expect.objectContaining({ reservationId: 'r2', state: 'refused' }),
    );
    desk.fold(fill('FillConfirmed', { ...whole, fee_pusd: pusd(units(1)) }));
    expect(cash(desk)).toMatchObject({ total: 0n, pendingOut: 0n, free: 0n });
    expect(codes(desk)).toEqual(['GOV_INVENTORY_INSUFFICIENT']);
  });

  test('is still to come when the order has ended, and is free again once it is told', () => {
    const desk = after(opening(51), asked(), r1, unpriced, closed('FILLED'));
    expect(cash(desk)).toMatchObject({ reserved: 0n, pendingOut: units(51), free: 0n });
    desk.fold(fill('FillConfirmed', { ...whole, fee_pusd: pusd(units(0.25)) }));
    expect(cash(desk)).toMatchObject({ total: units(0.75), free: units(0.75) });
  });

  test('of a part is its part: 40 of 100 matched leave 30.6 kept, 20.4 going out', () => {
    const desk = after(opening(100), buy(), fill('FillMatched', { fee_pusd: null }));
    expect(cash(desk)).toMatchObject({ reserved: units(30.6), pendingOut: units(20.4) });
    desk.fold(closed('CANCELLED'));
    expect(cash(desk)).toMatchObject({ reserved: 0n, pendingOut: units(20.4) });
    desk.fold(failed());
    expect(cash(desk)).toMatchObject({ pendingOut: 0n, free: units(100) });
  });

  test('is never more than the largest, however far a fill goes beyond its order', () => {
    const more = { quantity_shares: shares(units(200)), fee_pusd: null };
    const desk = after(opening(100), buy(), fill('FillMatched', more), closed('FILLED'));
    expect(cash(desk)).toMatchObject({ reserved: 0n, pendingOut: units(21) });
  });

  test('of an order that states none is not known, and pUSD says so', () => {
    const desk = after(opening(100), buy({ max_fee_pusd: null }), unpriced);
    expect(cash(desk)).toMatchObject({
      pendingOut: units(50),
      incomplete: ['GOV_ORDER_WITHOUT_MAX_FEE', 'PNL_REPORTER_FEE_MISSING'],
    });
  });
});

describe('a fill that may fail', () => {
  // 100 @ 0.50 with a fee of at most 1: matched for 45 with a fee of 0.5.
  const cheap = { quantity_shares: shares(units(100)), size_pusd: pusd(units(45)) };
  const matched = fill('FillMatched', { ...cheap, fee_pusd: pusd(units(0.5)) });
  const rest = { reservation_id: 'r2', amount_pusd: pusd(units(5.5)), max_fee_pusd: pusd(0n) };

  test('frees nothing of its limit before it is final: its order may need it again', () => {
    const desk = after(opening(51), asked(), buy({ reservation_id: 'r1' }), matched, asked(rest));
    expect(cash(desk)).toMatchObject({ reserved: 0n, pendingOut: units(51), free: 0n });
    expect(desk.reservations()).toContainEqual(
      expect.objectContaining({ reservationId: 'r2', state: 'refused' }),
    );
    desk.fold(failed());
    expect(cash(desk)).toMatchObject({ reserved: units(51), pendingOut: 0n, free: 0n });
  });

  test('frees it when it is final, and when its order has ended', () => {
    const final = { ...cheap, fee_pusd: pusd(units(0.5)) };
    const desk = after(opening(51), buy(), matched, fill('FillConfirmed', final));
    expect(cash(desk)).toMatchObject({ total: units(5.5), free: units(5.5) });
    const ended = after(opening(51), buy(), matched, closed('CANCELLED'));
    expect(cash(ended)).toMatchObject({ pendingOut: units(45.5), free: units(5.5) });
  });

  test('of shares that were dust moves its cash and is no part of its order', () => {
    const dust = { quantity_shares: shares(0n), size_pusd: pusd(3n), fee_pusd: pusd(0n) };
    const desk = after(opening(100), fill('FillMatched', dust), buy());
    desk.fold(fill('FillConfirmed', dust), fill('FillMatched', { fill_id: 'f2' }));
    expect(cash(desk)).toMatchObject({ reserved: units(30.6), pendingOut: units(20.4) });
  });
});

describe('facts are booked', () => {
  test('an order beyond what is free is kept; free turns negative with one alarm', () => {
    const desk = after(opening(50), buy());
    expect(cash(desk)).toMatchObject({ free: units(-1), reserved: units(51) });
    desk.fold(buy({ order_id: 'o2' }));
    expect(codes(desk)).toEqual(['GOV_INVENTORY_INSUFFICIENT']);
  });

  test('a wallet that has sold what it has not raises GOV_WALLET_OVERSOLD', () => {
    const desk = after(fill('FillConfirmed', { order_side: 'SELL' }));
    expect(codes(desk)).toEqual(['GOV_INVENTORY_INSUFFICIENT', 'GOV_WALLET_OVERSOLD']);
    expect(token(desk)).toMatchObject({ total: units(-40), incomplete: ['GOV_WALLET_OVERSOLD'] });
  });

  test('a fill whose fee is missing moves what it moved, and pUSD says so (B18)', () => {
    const desk = after(opening(100), fill('FillConfirmed', { fee_pusd: null }));
    expect(cash(desk)).toMatchObject({
      total: units(80),
      incomplete: ['PNL_REPORTER_FEE_MISSING'],
    });
    expect(token(desk)).toMatchObject({ total: units(40) });
    const released = { fill_id: 'f1', account: ACCOUNT, token_id: YES, fee_pusd: pusd(units(0.4)) };
    desk.fold({ type: 'FillReleased', value: released });
    expect(cash(desk)).toMatchObject({ total: units(79.6), incomplete: [] });
  });

  describe('a release moves what the books have set aside, once, and nothing else (B18)', () => {
    const release = (fee: number, token = YES): InventoryEvent => ({
      type: 'FillReleased',
      value: { fill_id: 'f1', account: ACCOUNT, token_id: token, fee_pusd: pusd(units(fee)) },
    });

    test.each([
      ['with its fee', { fee_pusd: pusd(units(0.4)) }],
      ['at 100 bps', { fee_pusd: null, fee_bps: 100, side: 'taker' }],
      ['with an absolute fee at 500 bps', { fee_pusd: pusd(units(1)) }],
    ] as const)('one confirmed %s is booked: its release is refused', (_, said) => {
      const desk = after(opening(100), fill('FillConfirmed', said));
      const before = cash(desk);
      expect(desk.fold(release(0.7))).toBe('FILL_NOT_SET_ASIDE');
      expect(cash(desk)).toEqual(before);
    });

    test.each([
      ['without a fee', { fee_pusd: null }],
      ['at 101 bps', { fee_pusd: null, fee_bps: 101, side: 'taker' }],
      ['as a maker at 51 bps', { fee_pusd: null, fee_bps: 51, side: 'maker' }],
      ['with a builder part over its cap', { builder_fee_bps: 101 }],
      ['with an absolute fee over 500 bps', { fee_pusd: pusd(units(1.000001)) }],
    ] as const)('one confirmed %s is set aside: it is released once', (_, said) => {
      const desk = after(opening(100), fill('FillConfirmed', said));
      expect(desk.fold(release(0.3, NO))).toBe('FILL_NOT_SET_ASIDE');
      expect(desk.fold(release(0.3))).toBe('applied');
      expect(cash(desk)).toMatchObject({ total: units(79.7), incomplete: [] });
      expect(desk.fold(release(0.2))).toBe('FILL_NOT_SET_ASIDE');
      expect(cash(desk)).toMatchObject({ total: units(79.7) });
    });

    test('nor one that is pending, reversed or failed', () => {
      const feeless = { fee_pusd: null };
      const pending = after(opening(100), fill('FillMatched', feeless));
      expect(pending.fold(release(0.3))).toBe('FILL_NOT_SET_ASIDE');
      const gone = after(
        opening(100),
        fill('FillConfirmed', feeless),
        failed('f1', 'FillReversed'),
      );
      expect(gone.fold(release(0.3))).toBe('FILL_NOT_SET_ASIDE');
      expect(after(failed()).fold(release(0.3))).toBe('FILL_NOT_SET_ASIDE');
    });
  });

  test('a confirmation without the fee of its match has none: the books say so, too', () => {
    const desk = after(
      opening(100),
      fill('FillMatched'),
      fill('FillConfirmed', { fee_pusd: null }),
    );
    const missing = { total: units(80), incomplete: ['PNL_REPORTER_FEE_MISSING'] };
    expect(cash(desk)).toMatchObject(missing);
    const alone = after(opening(100), fill('FillConfirmed', { fee_pusd: null }));
    expect(cash(desk)).toEqual(cash(alone));
  });

  test('a fee in basis points is taken of the notional: 20 at 25 bps is 0.05', () => {
    const desk = after(opening(100), fill('FillConfirmed', { fee_pusd: null, fee_bps: 25 }));
    expect(cash(desk)).toMatchObject({ total: units(79.95) });
  });

  test('a SELL brings its notional less the fee, and takes the shares', () => {
    const desk = after(
      opening(0, [{ token: YES, quantity: 100 }]),
      fill('FillMatched', { order_side: 'SELL' }),
    );
    expect(token(desk)).toMatchObject({ pendingOut: units(40), free: units(60) });
    expect(cash(desk)).toMatchObject({ pendingIn: units(19.6), total: 0n });
    desk.fold(fill('FillConfirmed', { order_side: 'SELL' }));
    expect(cash(desk)).toMatchObject({ pendingIn: 0n, total: units(19.6) });
  });

  test('doubts of a confirmed fill stay on what it moved', () => {
    const doubts = {
      flags: ['GOV_CASH_UNVERIFIED'],
      incomplete_reasons: ['GOV_ACCOUNT_INCOMPLETE', 'GOV_ORDER_UNKNOWN'],
    };
    const desk = after(opening(100), fill('FillConfirmed', doubts));
    expect(cash(desk)).toMatchObject({
      incomplete: ['GOV_ACCOUNT_INCOMPLETE', 'GOV_CASH_UNVERIFIED'],
    });
    expect(token(desk)).toMatchObject({ incomplete: ['GOV_ACCOUNT_INCOMPLETE'] });
  });

  test('without an opening balance pUSD counts from zero and says so', () => {
    const desk = after(fill('FillConfirmed'));
    expect(cash(desk)).toMatchObject({
      total: units(-20.4),
      incomplete: ['GOV_OPENING_BALANCE_UNKNOWN'],
    });
    desk.fold(opening(100));
    expect(cash(desk)).toMatchObject({ total: units(79.6), incomplete: [] });
    expect(desk.fold(opening(100))).toBe('OPENING_BALANCE_TWICE');
  });

  test('a paper account has its own balances', () => {
    const desk = after(opening(100), fill('FillConfirmed', { account: 'paper:0xa1' }));
    expect(cash(desk)).toMatchObject({ total: units(100) });
    expect(shown(desk.balance('paper:0xa1', YES))).toMatchObject({ total: units(40) });
  });
});

describe('a fill that fails', () => {
  test('leaves everything as it was before it was seen', () => {
    const before = after(opening(100), buy());
    const desk = after(opening(100), buy(), fill('FillMatched'), failed());
    expect(cash(desk)).toEqual(cash(before));
    expect(desk.reservations()).toEqual(before.reservations());
    expect(token(desk)).toMatchObject({ total: 0n, pendingIn: 0n });
  });

  test('keeps again for its order while that lives, and not after', () => {
    const whole = { quantity_shares: shares(units(100)), size_pusd: pusd(units(50)) };
    const live = after(opening(100), buy(), fill('FillMatched', whole), failed());
    expect(cash(live)).toMatchObject({ reserved: units(51) });
    const over = after(opening(100), buy(), fill('FillMatched', whole), closed('FILLED'), failed());
    expect(cash(over)).toMatchObject({ reserved: 0n, free: units(100) });
  });

  test('confirmed after failed, and failed after confirmed, are conflicts', () => {
    expect(after(failed()).fold(fill('FillConfirmed'))).toBe('GOV_FILL_STATUS_CONFLICT');
    expect(after(fill('FillConfirmed')).fold(failed())).toBe('GOV_FILL_STATUS_CONFLICT');
  });

  test('matched after its end is late', () => {
    expect(after(fill('FillConfirmed')).fold(fill('FillMatched'))).toBe('late news of a fill');
    expect(after(failed()).fold(fill('FillMatched'))).toBe('late news of a fill');
  });

  test('told twice, or by another rung, it moves nothing twice; a fee heard later is taken', () => {
    const desk = after(opening(100), fill('FillMatched', { fee_pusd: null }));
    expect(desk.fold(fill('FillMatched', { fee_pusd: null }))).toBe('nothing new of a fill');
    desk.fold(fill('FillMatched'));
    expect(cash(desk)).toMatchObject({ pendingOut: units(20.4), incomplete: [] });
  });

  test('reversed, it is as if it had never been; an unknown one cannot be', () => {
    const before = after(opening(100), buy());
    const desk = after(opening(100), buy(), fill('FillConfirmed'), failed('f1', 'FillReversed'));
    expect(cash(desk)).toEqual(cash(before));
    expect(desk.reservations()).toEqual(before.reservations());
    expect(desk.fold(failed('f1', 'FillReversed'))).toBe('nothing new of a fill');
    expect(desk.fold(failed('f9', 'FillReversed'))).toBe('FILL_UNKNOWN');
    const released = { fill_id: 'f9', account: ACCOUNT, token_id: YES, fee_pusd: pusd(0n) };
    expect(desk.fold({ type: 'FillReleased', value: released })).toBe('FILL_UNKNOWN');
  });
});
