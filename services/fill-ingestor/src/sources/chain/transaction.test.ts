/** What a wallet is told of a transaction, in the numbers of chain reference 5. */

import { describe, expect, test } from '@jest/globals';
import {
  batch,
  cash,
  complementaryBuy,
  complementarySell,
  convert,
  convertThrough,
  type LogBody,
  merge,
  mergeThrough,
  mint,
  mixedBuy,
  negRiskRedeem,
  negRiskSplit,
  paidOut,
  POLYGON_VENUE as VENUE,
  redeemAtTokens,
  redeemThrough,
  type Side,
  single,
  splitThrough,
  tokensRedeemed,
  wrapped,
  ZERO,
} from '@polytraders/testkit/chain';
import { id } from 'ethers';
import {
  ALICE,
  BLOCK_TIME,
  BOB,
  market,
  movementsOf,
  negRiskEvent,
  readBy,
  STRANGER,
} from '../../../test/transactions.ts';
import { normalize } from '../../normalize.ts';
import { type RawFillInput } from '../../raw.ts';
import { inputsOfTransaction } from './transaction-inputs.ts';

const MARKET = market('rain');
const [YES, NO] = MARKET.ids;
const EVENT = negRiskEvent('cup', 4);
const ONRAMP = '0x93070a847efef7f70739046a929d47a521f5b8ee';

function side(
  wallet: string,
  what: 'BUY' | 'SELL',
  tokenId: string,
  makerAmount: bigint,
  takerAmount: bigint,
  fee = 0n,
): Side {
  return {
    wallet,
    side: what,
    tokenId,
    makerAmount,
    takerAmount,
    fee,
    orderHash: id(wallet + what),
  };
}

/** Fills as drafts: quantity, notional, fee. */
function fillsOf(bodies: readonly LogBody[]) {
  return inputsOfTransaction(readBy(bodies)).map(({ account, raw }) => {
    const draft = normalize(raw as RawFillInput);
    if (draft.kind !== 'fill') throw new Error(`Expected a fill; found ${draft.kind}.`);
    const { quantity, notional, feePusd, orderSide, flags, source, status } = draft;
    return { account, orderSide, quantity, notional, feePusd, flags, source, status };
  });
}

const FINAL = { source: 'chain', status: 'CONFIRMED', flags: [] };

describe('matches', () => {
  test('of a mint the refund is taken off: 50.00 offered, 49.20 paid with a fee of 1.20', () => {
    const taker = side(ALICE, 'BUY', YES, 50_000_000n, 100_000_000n, 1_200_000n);
    const maker = side(BOB, 'BUY', NO, 52_000_000n, 100_000_000n);
    const bodies = mint(VENUE, MARKET, taker, maker, 2_000_000n);
    expect(readBy(bodies)).toMatchObject({ movements: [], unclassified: [], malformed: [] });
    expect(fillsOf(bodies)).toMatchObject([
      {
        ...FINAL,
        account: ALICE,
        quantity: 100_000_000n,
        notional: 48_000_000n,
        feePusd: 1_200_000n,
      },
      { ...FINAL, account: BOB, quantity: 100_000_000n, notional: 52_000_000n, feePusd: 0n },
    ]);
  });

  test('a taker who buys pays 22.40 for 22.00 of shares, whoever collects the fees', () => {
    const taker = side(ALICE, 'BUY', YES, 22_000_000n, 40_000_000n, 400_000n);
    const maker = side(BOB, 'SELL', YES, 40_000_000n, 22_000_000n, 100_000n);
    const bodies = complementaryBuy(VENUE, taker, maker);
    expect(readBy(bodies)).toMatchObject({ movements: [], unclassified: [] });
    expect(fillsOf(bodies)).toMatchObject([
      { account: ALICE, notional: 22_000_000n, feePusd: 400_000n },
      { account: BOB, notional: 22_000_000n, feePusd: 100_000n },
    ]);
  });

  test('a taker who sells 10 at 0.50 gets 4.95', () => {
    const taker = side(ALICE, 'SELL', YES, 10_000_000n, 5_000_000n, 50_000n);
    const maker = side(STRANGER, 'BUY', YES, 5_000_000n, 10_000_000n);
    expect(readBy(complementarySell(VENUE, taker, maker))).toMatchObject({
      movements: [],
      unclassified: [],
      fills: [{ refund: '0' }],
    });
  });

  test('a match that merges or mints moves no positions of its traders but their own', () => {
    const seller = side(ALICE, 'SELL', YES, 20_000_000n, 10_000_000n, 100_000n);
    const other = side(BOB, 'SELL', NO, 20_000_000n, 10_000_000n);
    expect(readBy(merge(VENUE, MARKET, seller, other))).toMatchObject({
      movements: [],
      unclassified: [],
    });
    const taker = side(ALICE, 'BUY', YES, 15_000_000n, 30_000_000n, 300_000n);
    const sells = side(STRANGER, 'SELL', YES, 10_000_000n, 5_000_000n);
    const mints = side(BOB, 'BUY', NO, 10_000_000n, 20_000_000n);
    const mixed = readBy(mixedBuy(VENUE, MARKET, taker, sells, mints));
    expect(mixed).toMatchObject({ movements: [], unclassified: [] });
    expect(mixed.fills).toHaveLength(2);
  });

  test('cash that a fill does not explain is named, and the fill is booked as unverified', () => {
    const taker = side(ALICE, 'SELL', YES, 10_000_000n, 5_000_000n, 50_000n);
    const maker = side(STRANGER, 'BUY', YES, 5_000_000n, 10_000_000n);
    const short = [
      ...complementarySell(VENUE, taker, maker),
      cash(VENUE.pusd, ALICE, STRANGER, 7n),
    ];
    const read = readBy(short);
    expect(read.unclassified).toMatchObject([{ account: ALICE, legs: { pusd: '-0.000007' } }]);
    const [fill, rest] = inputsOfTransaction(read).map(({ raw }) => normalize(raw as RawFillInput));
    expect(fill).toMatchObject({ kind: 'fill', flags: ['GOV_CASH_UNVERIFIED'] });
    expect(rest).toMatchObject({
      kind: 'refusal',
      reason: 'GOV_MOVEMENT_UNCLASSIFIED',
      names: { account: ALICE },
      because: expect.stringMatching(/^Transaction 0x.*Expected .* found 4\.949993 pUSD/),
    });
  });

  test('an order that two matches of a transaction fill is one fill of the sum', () => {
    const sells = side(ALICE, 'SELL', YES, 10_000_000n, 5_000_000n, 10n);
    const buys = (wallet: string) => side(wallet, 'BUY', YES, 5_000_000n, 10_000_000n);
    const bodies = [BOB, STRANGER].flatMap((wallet) =>
      complementaryBuy(VENUE, buys(wallet), sells),
    );
    const read = readBy(bodies);
    expect(read).toMatchObject({ movements: [], unclassified: [], malformed: [] });
    expect(new Set(inputsOfTransaction(read).map((input) => input.position)).size).toBe(2);
    expect(fillsOf(bodies)).toMatchObject([
      { ...FINAL, account: ALICE, quantity: 20_000_000n, notional: 10_000_000n, feePusd: 20n },
      { ...FINAL, account: BOB, quantity: 10_000_000n, notional: 5_000_000n, feePusd: 0n },
    ]);
  });

  test('what a wallet sells to itself in a match that mints is no refund', () => {
    const taker = side(ALICE, 'BUY', YES, 15_000_000n, 30_000_000n, 300_000n);
    const sells = side(ALICE, 'SELL', YES, 10_000_000n, 5_000_000n);
    const mints = side(BOB, 'BUY', NO, 10_000_000n, 20_000_000n);
    const bodies = mixedBuy(VENUE, MARKET, taker, sells, mints);
    expect(fillsOf(bodies)).toMatchObject([
      { ...FINAL, account: ALICE, orderSide: 'SELL', notional: 5_000_000n },
      { ...FINAL, account: ALICE, orderSide: 'BUY', notional: 15_000_000n },
      { ...FINAL, account: BOB },
    ]);
  });

  test('logs of the exchange alone are fills whose cash nobody has seen', () => {
    const taker = side(ALICE, 'BUY', YES, 50_000_000n, 100_000_000n);
    const maker = side(BOB, 'BUY', NO, 52_000_000n, 100_000_000n);
    const whole = mint(VENUE, MARKET, taker, maker, 2_000_000n);
    const exchange = whole.filter((body) => body.address === VENUE.exchange);
    const read = readBy(exchange);
    expect(read).toMatchObject({ movements: [], unclassified: [] });
    expect(read.fills.map((fill) => fill.refund)).toEqual([null, '0']);
  });
});

describe('positions through a collateral adapter', () => {
  const legs = (quantity: string) => [
    { token_id: YES, outcome_index: 0, quantity_shares: quantity },
    { token_id: NO, outcome_index: 1, quantity_shares: quantity },
  ];
  const place = { account: ALICE, condition_id: MARKET.conditionId, neg_risk_market_id: null };

  test('a split is cash for both outcomes, though its event names the adapter', () => {
    const read = readBy(splitThrough(VENUE, MARKET, ALICE, 7_000_001n));
    expect(movementsOf(read)).toEqual([
      { type: 'PositionsSplit', ...place, amount_pusd: '7.000001', legs: legs('7.000001') },
    ]);
    expect(read.unclassified).toEqual([]);
    const [input] = inputsOfTransaction(read);
    expect(input?.raw).toMatchObject({ source: 'chain', effectiveAt: BLOCK_TIME * 1_000_000 });
  });

  test('a merge is the mirror of it', () => {
    expect(movementsOf(readBy(mergeThrough(VENUE, MARKET, ALICE, 3_000_000n)))).toEqual([
      { type: 'PositionsMerged', ...place, amount_pusd: '3', legs: legs('3') },
    ]);
  });

  test('what is done twice in a transaction is one movement of the sum', () => {
    const twice = [5n, 8n].flatMap((amount) => splitThrough(VENUE, MARKET, ALICE, amount));
    expect(movementsOf(readBy(twice))).toEqual([
      { type: 'PositionsSplit', ...place, amount_pusd: '0.000013', legs: legs('0.000013') },
    ]);
  });

  test('the same by two wallets and a stranger in one transaction is told to each its own', () => {
    const users = [ALICE, STRANGER, BOB];
    const bodies = users.flatMap((user) => splitThrough(VENUE, MARKET, user, 4_000_000n));
    const read = readBy(bodies);
    expect(read.movements.map(({ value }) => value['account'])).toEqual([ALICE, BOB]);
    expect(read.unclassified).toEqual([]);
  });

  test('a redemption of 50-50 burns both: 14 and 104 pay 59', () => {
    const bodies = redeemThrough(VENUE, MARKET, ALICE, [14_000_000n, 104_000_000n], 59_000_000n);
    expect(movementsOf(readBy(bodies))).toEqual([
      {
        type: 'PositionsRedeemed',
        ...place,
        payout_pusd: '59',
        legs: [
          { token_id: YES, outcome_index: 0, quantity_shares: '14', payout_pusd: null },
          { token_id: NO, outcome_index: 1, quantity_shares: '104', payout_pusd: null },
        ],
      },
    ]);
  });

  test('a loser that is burned pays 0; a redemption of nothing is no movement', () => {
    const loser = redeemThrough(VENUE, MARKET, ALICE, [0n, 1_000_001n], 0n);
    expect(movementsOf(readBy(loser))).toEqual([
      {
        type: 'PositionsRedeemed',
        ...place,
        payout_pusd: '0',
        legs: [{ token_id: NO, outcome_index: 1, quantity_shares: '1.000001', payout_pusd: '0' }],
      },
    ]);
    const nothing = readBy(redeemThrough(VENUE, MARKET, ALICE, [0n, 0n], 0n));
    expect(nothing).toMatchObject({ movements: [], unclassified: [], empty: 1 });
  });
});

describe('positions at the contracts themselves', () => {
  test('what is paid in USDC.e stands beside a withdrawal: the pUSD has not changed', () => {
    const bodies = redeemAtTokens(VENUE, MARKET, ALICE, [1_583_332n, 583_331n], 1_583_332n);
    expect(movementsOf(readBy(bodies))).toMatchObject([
      { type: 'PositionsRedeemed', payout_pusd: '1.583332', legs: [{}, {}] },
      { type: 'CashMoved', kind: 'WITHDRAWAL', amount_pusd: '-1.583332', counterparty: ALICE },
    ]);
    const again = tokensRedeemed(VENUE.tokens, ALICE, VENUE.usdce, MARKET.conditionId, 0n);
    expect(readBy([again])).toMatchObject({ movements: [], unclassified: [], empty: 1 });
  });

  test('two events of one negative-risk split or redemption count once', () => {
    const [first] = EVENT.questions;
    if (first === undefined) throw new Error('Expected a question.');
    const split = readBy(negRiskSplit(VENUE, first, ALICE, 1_000_000n));
    expect(movementsOf(split)).toMatchObject([
      { type: 'PositionsSplit', amount_pusd: '1', legs: [{ token_id: first.ids[0] }, {}] },
      { type: 'CashMoved', kind: 'DEPOSIT', amount_pusd: '1' },
    ]);
    const held = [62_000_000n, 33_999_997n] as const;
    const redeemed = readBy(negRiskRedeem(VENUE, first, ALICE, held, 62_000_000n));
    expect(movementsOf(redeemed)).toMatchObject([
      { type: 'PositionsRedeemed', payout_pusd: '62', legs: [{}, {}] },
      { type: 'CashMoved', kind: 'WITHDRAWAL', amount_pusd: '-62' },
    ]);
    expect([split.unclassified, redeemed.unclassified]).toEqual([[], []]);
  });

  test('a loser burned at NegRiskAdapter pays 0: no cash stands beside it', () => {
    const [first = MARKET] = EVENT.questions;
    const read = readBy(negRiskRedeem(VENUE, first, ALICE, [0n, 5_000_000n], 0n));
    expect(movementsOf(read)).toMatchObject([{ type: 'PositionsRedeemed', payout_pusd: '0' }]);
    expect(read.unclassified).toEqual([]);
  });
});

describe('conversions', () => {
  const made = (indexSet: bigint, amount: bigint, feeBips: bigint) => ({
    ...EVENT,
    indexSet,
    amount,
    feeBips,
  });
  const rows = [
    { indexSet: 3n, amount: 10_000_003n, feeBips: 0n, cash: '10.000003', yes: '10.000003' },
    { indexSet: 3n, amount: 10_000_003n, feeBips: 100n, cash: '9.900003', yes: '9.900003' },
    { indexSet: 4n, amount: 1_000_000n, feeBips: 0n, cash: '0', yes: '1' },
    { indexSet: 4n, amount: 1_000_000n, feeBips: 100n, cash: '0', yes: '0.99' },
    { indexSet: 15n, amount: 2_000_000n, feeBips: 0n, cash: '6', yes: null },
    { indexSet: 15n, amount: 2_000_000n, feeBips: 100n, cash: '5.94', yes: null },
  ];
  for (const { indexSet, amount, feeBips, cash: paid, yes } of rows) {
    const name = `set ${String(indexSet)} of 4, ${String(amount)} at ${String(feeBips)} bips`;
    test(`${name}: the same directly and through the adapter`, () => {
      const conversion = made(indexSet, amount, feeBips);
      const direct = readBy(convert(VENUE, conversion, ALICE));
      const through = readBy(convertThrough(VENUE, conversion, ALICE));
      const others = EVENT.questions.filter((_, at) => ((indexSet >> BigInt(at)) & 1n) === 0n);
      const expected = {
        type: 'PositionsConverted',
        neg_risk_market_id: EVENT.marketId,
        index_set: String(indexSet),
        fee_bips: Number(feeBips),
        question_count: 4,
        payout_pusd: paid,
        legs_in: others.map(({ ids }) => ({
          token_id: ids[0],
          outcome_index: 0,
          quantity_shares: yes,
        })),
      };
      expect(movementsOf(through)).toMatchObject([expected]);
      expect(movementsOf(direct)[0]).toMatchObject(expected);
      expect(movementsOf(direct).slice(1)).toMatchObject(
        paid === '0' ? [] : [{ type: 'CashMoved', kind: 'WITHDRAWAL', amount_pusd: `-${paid}` }],
      );
      expect([direct.unclassified, through.unclassified]).toEqual([[], []]);
    });
  }
});

describe('what comes in and goes out', () => {
  test('shares by token, direction and other side; zero and to oneself are nothing', () => {
    const bodies = [
      single(VENUE.tokens, ALICE, ALICE, STRANGER, YES, 5n),
      single(VENUE.tokens, ALICE, ALICE, STRANGER, YES, 6n),
      batch(VENUE.tokens, BOB, STRANGER, ALICE, [YES, NO], [2n, 0n]),
      single(VENUE.tokens, ALICE, ALICE, ALICE, NO, 9n),
      cash(VENUE.pusd, ALICE, STRANGER, 0n),
    ];
    expect(movementsOf(readBy(bodies))).toMatchObject([
      { type: 'TokensTransferred', direction: 'OUT', quantity_shares: '0.000011' },
      { type: 'TokensTransferred', direction: 'IN', quantity_shares: '0.000002', basis_pusd: null },
    ]);
  });

  test('a transfer between two wallets of ours is told by both', () => {
    const read = readBy([cash(VENUE.pusd, ALICE, BOB, 5_000_000n)]);
    expect(movementsOf(read)).toMatchObject([
      { account: ALICE, kind: 'WITHDRAWAL', amount_pusd: '-5', counterparty: BOB },
      { account: BOB, kind: 'DEPOSIT', amount_pusd: '5', counterparty: ALICE },
    ]);
  });

  test('cash of a payer is what the payer pays; made of USDC.e by a ramp it is a deposit', () => {
    const payer = '0xdd8db71ce3be8d71ff148b2163d64da181a29e8b';
    const bodies = [
      cash(VENUE.pusd, payer, ALICE, 3_995_500n),
      ...paidOut(VENUE, ONRAMP, ALICE, 20_000_000n),
    ];
    expect(movementsOf(readBy(bodies))).toMatchObject([
      { kind: 'REWARD', amount_pusd: '3.9955', counterparty: payer },
      { kind: 'DEPOSIT', amount_pusd: '20', counterparty: ONRAMP },
    ]);
    const back = [
      cash(VENUE.pusd, ALICE, VENUE.pusd, 8_000_000n),
      wrapped(VENUE, 'Unwrapped', ONRAMP, ALICE, 8_000_000n),
    ];
    expect(movementsOf(readBy(back))).toMatchObject([{ kind: 'WITHDRAWAL', amount_pusd: '-8' }]);
  });

  test('shares and cash of a venue contract without its event are no deposit', () => {
    const mintedFromNothing = single(VENUE.tokens, ALICE, ZERO, ALICE, YES, 5n);
    const paidForNothing = paidOut(VENUE, VENUE.adapter, ALICE, 9_000_000n);
    const fromExchange = cash(VENUE.pusd, VENUE.exchange, BOB, 4n);
    const read = readBy([mintedFromNothing, ...paidForNothing, fromExchange]);
    expect(read.movements).toEqual([]);
    expect(read.unclassified).toMatchObject([
      { account: ALICE, legs: { pusd: '9', tokens: { [YES]: '0.000005' } } },
      { account: BOB, legs: { pusd: '0.000004' } },
    ]);
  });

  test('a split whose cash is not there is set aside whole, never booked in part', () => {
    const cut = splitThrough(VENUE, MARKET, ALICE, 7n).filter((_, at) => at !== 0);
    const read = readBy(cut);
    expect(read.movements).toEqual([]);
    expect(read.unclassified).toMatchObject([
      { legs: { pusd: '0', tokens: { [YES]: '0.000007', [NO]: '0.000007' } } },
    ]);
  });
});
