/**
 * The published cases of conversions, payoffs and reservations, and the numbers of the venue's own
 * contracts, exactly: what moves (neg-risk.ts, inventory) and what it does to the books
 * (settlement).
 */

import { describe, expect, test } from '@jest/globals';
import {
  type BotBook,
  bookConversion,
  bookRedemption,
  bookResolution,
  canonicalForm,
  convert,
  type EventHolding,
  foldInventory,
  freeOf,
  type InventoryEntity,
  type InventoryEvent,
  inventoryKeys,
  payoffs,
  payoutOf,
  payoutValue,
  type Posting,
  applyFill,
  costBasis,
  flatPosition,
  positionShares,
} from '@polytraders/domain';
import { formatMicros, priceE18, pusd, shares } from '@polytraders/money';
import { type Case, fillsOf, foldFills, micros, oracle, text } from './cases.ts';

function find(id: string): Case {
  const of = oracle.cases.find((candidate) => candidate.id === id);
  if (of === undefined) throw new Error(`${id} is not a case`);
  return of;
}

const origin = { id: 'conversion', offset: 9, at: 9 };

/** A book that bought so much for so much. */
function bought(quantity: bigint, cost: bigint, bot = 'mm'): BotBook {
  const fill = { orderSide: 'BUY', fillId: 'f', offset: 0, at: 0 } as const;
  const { position } = applyFill(flatPosition(), {
    ...fill,
    quantity: shares(quantity),
    notional: pusd(cost),
  });
  return { bot, position };
}

/** Converts what `convert` says moves, out of books of NO at one cost a share each. */
function converted(
  said: { readonly set: readonly number[]; readonly amount: bigint; readonly count: number },
  feeBips: number,
  noPrice: bigint,
): {
  readonly effect: ReturnType<typeof convert>;
  readonly given: readonly Posting[];
  readonly gained: readonly Posting[];
} {
  const amount = shares(said.amount);
  const effect = convert({ questions: said.set, amount }, said.count, feeBips);
  const cost = (said.amount * noPrice) / 1_000_000n;
  const { given, gained } = bookConversion(
    said.set.map(() => ({ books: [bought(said.amount, cost)], quantity: effect.noEach })),
    effect.cash,
    effect.yesQuestions.map(() => ({
      book: { bot: 'treasury', position: flatPosition() },
      quantity: effect.yesEach,
    })),
    origin,
  );
  return { effect, given: given.flat(), gained };
}

function sum(postings: readonly Posting[], of: (posting: Posting) => bigint): string {
  return formatMicros(postings.reduce((running, posting) => running + of(posting), 0n));
}

describe('the published cases', () => {
  test('POLY-PNL-01: NO at 0.75, three of five converted: a YES carries 0.125', () => {
    const { input, expected } = find('POLY-PNL-01');
    const set = Array.from({ length: Number(input['no_count']) }, (_, at) => at);
    const count = Number(input['question_count']);
    const noPrice = BigInt(String(input['no_price_micro']));
    const { given, gained } = converted({ set, amount: 1_000_000n, count }, 0, noPrice);
    const price = String(expected['yes_price_micro']);
    expect(gained.map(({ after }) => costBasis(after).toString())).toEqual([price, price]);
    expect(sum(given, ({ realised }) => realised)).toBe('0');
  });

  test('NEGRISK-01: 1 NO of A and of B: 1, 1, 2 by winner; 1 in cash and 1 YES of C', () => {
    const { input, expected } = find('NEGRISK-01');
    const position = input['position'] as Readonly<Record<string, string>>;
    const questions = input['questions'] as readonly string[];
    const holding: EventHolding = questions.map((name) => ({
      yes: shares(micros(position[`YES:${name}`] ?? '0')),
      no: shares(micros(position[`NO:${name}`] ?? '0')),
    }));
    const values = payoffs(holding).map(formatMicros);
    expect(Object.fromEntries(questions.map((name, at) => [name, values[at]]))).toEqual(
      expected['value_by_winner'],
    );
    const { cash, yes } = canonicalForm(holding);
    expect({ collateral: text(cash), 'YES:C': text(yes[2] ?? 0n) }).toEqual(expected['equivalent']);
    // The books say the same: what each winner's resolution pays the NO held.
    const paid = questions.map((_, winner) => {
      const worth = holding.map(({ no }, at) => {
        const payout = payoutOf(at === winner ? [1n, 0n] : [0n, 1n], 1);
        return payout === null ? 0n : payoutValue(no, payout);
      });
      return text(worth.reduce((running: bigint, one) => running + one, 0n));
    });
    expect(paid).toEqual([...values]);
  });

  test('NEGRISK-02: what convertPositions burns, frees and gives', () => {
    const { input, expected } = find('NEGRISK-02');
    const set = input['index_set'] as readonly number[];
    const amount = BigInt(String(input['amount_micro']));
    const count = Number(input['question_count']);
    const { effect, given, gained } = converted(
      { set, amount, count },
      Number(input['fee_bips']),
      900_000n,
    );
    expect({
      collateral_out_micro: effect.cash.toString(),
      yes_out_micro: Object.fromEntries(
        effect.yesQuestions.map((at, index) => [at, gained[index]?.quantity.toString()]),
      ),
      no_burned_micro: Object.fromEntries(
        set.map((at, index) => [at, (-(given[index]?.quantity ?? 0n)).toString()]),
      ),
    }).toEqual({
      collateral_out_micro: expected['collateral_out_micro'],
      yes_out_micro: expected['yes_out_micro'],
      no_burned_micro: expected['no_burned_micro'],
    });
  });

  test('SEED-02: 2,000 YES at 0.644 redeem for 2,000 and realise 712', () => {
    const { input, expected } = find('SEED-02');
    const { last } = foldFills(fillsOf(input));
    const payout = payoutOf([1n, 0n], 0);
    if (payout === null) throw new Error('YES has won');
    const [settled] = bookResolution([{ bot: 'mm', position: last }], payout);
    if (settled === undefined) throw new Error('there is a book');
    const quantity = positionShares(settled.after);
    const cash = payoutValue(quantity, payout);
    const { postings } = bookRedemption([{ bot: 'mm', position: settled.after }], {
      quantity,
      cash,
      rebasedTo: 9,
    });
    expect({ redemption: text(cash), realised_at_redemption: text(settled.realised) }).toEqual({
      redemption: expected['redemption'],
      realised_at_redemption: expected['realised_at_redemption'],
    });
    expect(postings.map(({ realised }) => realised)).toEqual([0n]);
  });
});

describe('reservations: a live order holds what a pending transfer holds', () => {
  type Operation = readonly [string, string, string, string?];

  test('TB-01: 123 pending, 100 posted: 23 are free again and nothing is pending', () => {
    const { input, expected } = find('TB-01');
    const [[, , pending], [, , , posted = '']] = input['ops'] as [Operation, Operation];
    const inventory = createInventory(pending);
    inventory.fold(order(pending), sold(posted), ended('CANCELLED'));
    const { total, reserved } = inventory.balance();
    expect({
      debits_pending: text(reserved),
      debits_posted: text(micros(pending) - total),
      restored: text(inventory.free()),
    }).toEqual(expected);
  });

  test('TB-02: 123 pending, voided: all is free; what comes after finds nothing to post', () => {
    const { input, expected } = find('TB-02');
    const [[, , pending]] = input['ops'] as [Operation];
    const inventory = createInventory(pending);
    inventory.fold(order(pending), ended('CANCELLED'));
    const { total, reserved } = inventory.balance();
    expect([text(reserved), text(micros(pending) - total), text(inventory.free())]).toEqual([
      expected['debits_pending'],
      expected['debits_posted'],
      pending,
    ]);
    expect(inventory.fold(ended('CANCELLED'))).not.toBe('applied');
    expect(text(inventory.free())).toBe(pending);
  });

  const common = { account: '0xa1', trading_bot_id: 'mm', order_id: 'o1', order_hash: null };
  const token = { condition_id: '0xc0', token_id: '101', order_side: 'SELL' } as const;

  function order(quantity: string): InventoryEvent {
    const value = {
      ...common,
      ...token,
      price: priceE18(10n ** 18n),
      quantity_shares: shares(micros(quantity)),
      max_fee_pusd: null,
      expires_at: null,
      reservation_id: null,
    };
    return { type: 'OrderOpened', value: value };
  }

  function sold(quantity: string): InventoryEvent {
    const value = {
      ...common,
      ...token,
      fill_id: 'f1',
      quantity_shares: shares(micros(quantity)),
      size_pusd: pusd(micros(quantity)),
      fee_pusd: pusd(0n),
      fee_bps: null,
      builder_fee_pusd: null,
      builder_fee_bps: null,
      side: null,
      flags: [],
      incomplete_reasons: [],
    };
    return { type: 'FillConfirmed', value };
  }

  function ended(closing_reason: 'CANCELLED'): InventoryEvent {
    return { type: 'OrderClosed', value: { ...common, closing_reason } };
  }

  /** A wallet that holds so many shares, and the fold of its orders. */
  function createInventory(held: string) {
    const entities = new Map<string, InventoryEntity>();
    const lookup = { get: (key: string) => entities.get(key) };
    const fold = (...events: readonly InventoryEvent[]): string =>
      events.reduce((_, event) => {
        expect(inventoryKeys(event, 0).length).toBeGreaterThan(0);
        const folded = foldInventory(lookup, event, 0);
        if (folded.outcome !== 'applied') return folded.because;
        for (const { key, entity } of folded.puts)
          if (entity === undefined) entities.delete(key);
          else entities.set(key, entity);
        return 'applied';
      }, '');
    const position = { condition_id: '0xc0', token_id: '101', quantity_shares: micros(held) };
    const opening = { account: '0xa1', balance_pusd: pusd(0n), positions: [position] };
    fold({ type: 'OpeningBalance', value: opening as never });
    const balance = () => {
      const found = entities.get('balance|0xa1|101');
      if (found?.kind !== 'balance') throw new Error('the wallet has a balance');
      return found;
    };
    return { fold, balance, free: () => freeOf(balance()) };
  }
});

describe('the venue reference: payoffs and conversions', () => {
  const units = (...amounts: readonly number[]) => amounts.map((one) => BigInt(one) * 1_000_000n);
  const holdingOf = (yes: readonly bigint[], no: readonly bigint[]): EventHolding =>
    yes.map((one, at) => ({ yes: shares(one), no: shares(no[at] ?? 0n) }));

  test.each([
    [1, units(0, 0, 0), units(100, 0, 0), ['0', '100', '100'], '0', ['0', '100', '100']],
    [2, units(0, 0, 0), units(100, 100, 0), ['100', '100', '200'], '100', ['0', '0', '100']],
    [3, units(10, 0, 0), units(100, 60, 30), ['100', '130', '160'], '90', ['10', '40', '70']],
    [6, units(0, 0, 0), units(100, 100, 100), ['200', '200', '200'], '200', ['0', '0', '0']],
    [7, units(50, 50, 50), units(0, 0, 0), ['50', '50', '50'], '0', ['50', '50', '50']],
  ])('row %i of its table: worth by winner, cash and YES', (_, yes, no, values, cash, rest) => {
    const holding = holdingOf(yes, no);
    expect(payoffs(holding).map(formatMicros)).toEqual(values);
    const form = canonicalForm(holding);
    expect([text(form.cash), form.yes.map(formatMicros)]).toEqual([cash, rest]);
  });

  test(
    'row 5: converting row 2 at 200 bips gives 98 pUSD and 98 YES of C; the vault ' + 'keeps 2',
    () => {
      const said = { set: [0, 1], amount: 100_000_000n, count: 3 };
      const { effect, given, gained } = converted(said, 200, 700_000n);
      expect([text(effect.cash), text(effect.yesEach)]).toEqual(['98', '98']);
      expect([text(effect.feeCash), text(effect.feeYesEach)]).toEqual(['2', '2']);
      // Basis 140, cash 98: nothing realised, 42 carried to 98 YES; the fee is in no basis.
      expect(sum(given, ({ realised }) => realised)).toBe('0');
      expect(gained.map(({ after }) => text(costBasis(after)))).toEqual(['42']);
      expect(gained.map(({ after }) => text(positionShares(after)))).toEqual(['98']);
    },
  );

  test('the real conversion of 2,422.2369 of four NO freed three times as much', () => {
    const amount = micros('2422.2369');
    const { effect } = converted({ set: [0, 1, 2, 3], amount, count: 6 }, 0, 500_000n);
    expect(text(effect.cash)).toBe('7266.7107');
  });

  test('cash above the basis is realised at once, and the YES then cost nothing', () => {
    const said = { set: [0, 1], amount: 100_000_000n, count: 3 };
    const { given, gained } = converted(said, 0, 300_000n);
    expect(sum(given, ({ realised }) => realised)).toBe('40');
    expect(gained.map(({ after }) => costBasis(after))).toEqual([0n]);
  });

  test.each([
    ['n 4, m 2, a 10.000003', [0, 1], '10.000003', 0, '10.000003', '10.000003', '0'],
    ['the same at 100 bips', [0, 1], '10.000003', 100, '9.900003', '9.900003', '0.1'],
    ['m 1, a 1', [2], '1', 0, '0', '1', '0'],
    ['m 1, a 1 at 100 bips', [2], '1', 100, '0', '0.99', '0'],
    ['m = n = 4, a 2', [0, 1, 2, 3], '2', 0, '6', '2', '0'],
    ['m = n = 4, a 2 at 100 bips', [0, 1, 2, 3], '2', 100, '5.94', '1.98', '0.06'],
  ] as const)('run on the chain: %s', (_, set, amount, bips, cash, yes, vault) => {
    const said = { set, amount: micros(amount), count: 4 };
    const { effect, given, gained } = converted(said, bips, 800_000n);
    expect([text(effect.cash), text(effect.yesEach), text(effect.feeCash)]).toEqual([
      cash,
      yes,
      vault,
    ]);
    expect(gained).toHaveLength(4 - set.length);
    // Whatever was carried or realised, what left and came is the cash.
    const change = (of: Posting): bigint => costBasis(of.after) - costBasis(of.before);
    const basis = [...given, ...gained].reduce((running, one) => running + change(one), 0n);
    const realised = given.reduce((running, one) => running + one.realised, 0n);
    expect(text(realised - basis)).toBe(cash);
  });
});

describe('redemptions as the contract pays them', () => {
  const pays = (numerators: readonly bigint[], yes: bigint, no: bigint): string => {
    const worth = [yes, no].map((quantity, index) => {
      const payout = payoutOf(numerators, index);
      return payout === null ? 0n : payoutValue(shares(quantity), payout);
    });
    return (worth[0] ?? 0n).toString() + ' + ' + (worth[1] ?? 0n).toString();
  };

  test.each([
    ['winner', [1n, 0n], 1_583_332n, 583_331n, '1583332 + 0'],
    ['50-50, a floor for each outcome', [1n, 1n], 1_583_332n, 583_331n, '791666 + 291665'],
    ['50-50, a micro stays in the contract', [1n, 1n], 0n, 1_000_001n, '0 + 500000'],
    ['loser', [1n, 0n], 0n, 1_000_001n, '0 + 0'],
  ] as const)('%s', (_, numerators, yes, no, paid) => {
    expect(pays(numerators, yes, no)).toBe(paid);
  });
});
