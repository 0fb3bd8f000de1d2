/** What others do to a wallet: tokens that anybody can make, gifts, redemptions on its behalf. */

import { describe, expect, test } from '@jest/globals';
import { formatMicros } from '@polytraders/money';
import {
  batch,
  cash,
  complementaryBuy,
  type LogBody,
  paidOut,
  POLYGON_VENUE as VENUE,
  redeemAtTokens,
  redeemThrough,
  type Side,
  single,
  splitThrough,
  ZERO,
} from '@polytraders/testkit/chain';
import { id } from 'ethers';
import {
  ALICE,
  BOB,
  market,
  movementsOf,
  placed,
  readBy,
  STRANGER,
} from '../../../test/transactions.ts';
import { POLYGON } from './contracts.ts';
import { inputsOfForeign, inputsOfTransaction } from './transaction-inputs.ts';
import { readWalletTransaction, type WalletTransaction } from './transaction.ts';
import { tokensOfCondition } from './token-sets.ts';

const MARKET = market('rain');
const [YES, NO] = MARKET.ids;
const OTHER_COIN = `0x${'c0'.repeat(20)}`;
const HUGE = 2n ** 255n;

function readKnowing(bodies: readonly LogBody[], known: readonly string[]): WalletTransaction {
  const isKnown = (tokenId: string): boolean => known.includes(tokenId);
  return readWalletTransaction(placed(bodies), new Set([ALICE, BOB]), POLYGON, isKnown);
}

/** PositionSplit of a collateral that is none of ours, by the wallet. */
function splitOf(collateral: string, amount: bigint): readonly LogBody[] {
  const own = splitThrough(VENUE, MARKET, ALICE, amount);
  const event = own.find(({ topics }) => topics[0]?.startsWith('0x2e6bb91f') === true);
  if (event === undefined) throw new Error('Expected a PositionSplit.');
  const word = (address: string): string => address.slice(2).padStart(64, '0');
  const ids = tokensOfCondition(MARKET.conditionId, collateral);
  return [
    batch(VENUE.tokens, ALICE, ZERO, ALICE, ids, [amount, amount]),
    {
      ...event,
      topics: event.topics.map((topic, at) => (at === 1 ? `0x${word(ALICE)}` : topic)),
      data: event.data.replace(word(VENUE.usdce.toLowerCase()), word(collateral)),
    },
  ];
}

describe('tokens that the ledger does not know', () => {
  test('are foreign in any quantity, not booked and not set aside', () => {
    const bodies = [
      single(VENUE.tokens, STRANGER, STRANGER, ALICE, '12345', HUGE),
      single(VENUE.tokens, STRANGER, STRANGER, ALICE, '12345', HUGE),
      batch(VENUE.tokens, STRANGER, STRANGER, ALICE, ['7', YES], [3n, 4n]),
      single(VENUE.tokens, ALICE, ALICE, STRANGER, '7', 1n),
    ];
    const read = readKnowing(bodies, [YES]);
    expect(read.unclassified).toEqual([]);
    expect(movementsOf(read)).toMatchObject([{ token_id: YES, quantity_shares: '0.000004' }]);
    const foreign = inputsOfForeign(read).map(({ raw }) => raw);
    expect(foreign).toMatchObject([
      { type: 'TokensTransferred', value: { token_id: '12345', direction: 'IN' } },
      { value: { token_id: '7', direction: 'IN', quantity_shares: '0.000003' } },
      { value: { token_id: '7', direction: 'OUT', quantity_shares: '0.000001' } },
    ]);
    expect(read.foreign[0]?.value).toMatchObject({ quantity_shares: formatMicros(2n * HUGE) });
  });

  test('are known where the wallet acts on them in the same transaction', () => {
    const gift = single(VENUE.tokens, STRANGER, STRANGER, ALICE, NO, 5n);
    const read = readKnowing([...splitThrough(VENUE, MARKET, ALICE, 7n), gift], []);
    expect(read.foreign).toEqual([]);
    expect(read.named).toEqual([YES, NO]);
    expect(movementsOf(read)).toMatchObject([{ type: 'PositionsSplit' }, { token_id: NO }]);
  });

  test('are foreign, too, where whoever sends them made them in the same transaction', () => {
    const made = splitThrough(VENUE, MARKET, STRANGER, 7n);
    const sent = single(VENUE.tokens, STRANGER, STRANGER, ALICE, YES, 1n);
    const read = readKnowing([...made, sent], []);
    expect(read).toMatchObject({ movements: [], unclassified: [], foreign: [{ account: ALICE }] });
  });

  test('are what the wallet got where it gave for them: set aside with its cash', () => {
    const dealt = [
      cash(VENUE.pusd, ALICE, STRANGER, 7n),
      ...splitThrough(VENUE, MARKET, STRANGER, 7n),
      batch(VENUE.tokens, STRANGER, STRANGER, ALICE, ['12345', YES], [3n, 7n]),
    ];
    expect(readKnowing(dealt, [])).toMatchObject({
      foreign: [],
      movements: [],
      unclassified: [{ legs: { pusd: '-0.000007', tokens: { [YES]: '0.000007' } } }],
    });
    const spam = single(VENUE.tokens, STRANGER, STRANGER, ALICE, YES, 7n);
    const gave = [single(VENUE.tokens, ALICE, ALICE, BOB, NO, 1n), ...dealt.slice(1, -1), spam];
    expect(readKnowing(gave, [NO])).toMatchObject({ foreign: [{}], unclassified: [] });
  });

  test('of another collateral are foreign even where the wallet made them itself', () => {
    const read = readKnowing(splitOf(OTHER_COIN, 5n), []);
    expect(read.unclassified).toEqual([]);
    expect(read.foreign).toHaveLength(2);
  });

  test('stay unknown where they are redeemed for nothing, by the wallet or on its behalf', () => {
    const ids = tokensOfCondition(MARKET.conditionId, OTHER_COIN);
    const word = (address: string): string => address.slice(2).toLowerCase().padStart(64, '0');
    for (const by of [ALICE, STRANGER]) {
      const redeemed = redeemAtTokens(VENUE, MARKET, by, [5n, 0n], 0n).map((one) => ({
        ...one,
        topics: one.topics.map((topic) => topic.replace(word(VENUE.usdce), word(OTHER_COIN))),
        data: one.data.replace(BigInt(YES).toString(16), BigInt(ids[0]).toString(16)),
      }));
      const given = single(VENUE.tokens, STRANGER, ALICE, STRANGER, ids[0], 5n);
      const read = readKnowing([...(by === ALICE ? [] : [given]), ...redeemed], []);
      expect(read).toMatchObject({ movements: [], unclassified: [], named: [] });
      expect(read.foreign).toMatchObject([{ account: ALICE, value: { direction: 'OUT' } }]);
    }
  });

  test('are told by a list without the venue’s collateral, too, where they are known', () => {
    const bodies = [
      ...splitThrough(VENUE, MARKET, STRANGER, 7n),
      single(VENUE.tokens, STRANGER, STRANGER, ALICE, YES, 1n),
    ];
    const book = POLYGON.filter(({ role }) => role !== 'collateral');
    const read = readWalletTransaction(placed(bodies), new Set([ALICE]), book, () => true);
    expect(movementsOf(read)).toMatchObject([{ token_id: YES, direction: 'IN' }]);
  });

  test('that come from no address and are of no known collateral stay set aside', () => {
    const read = readKnowing([single(VENUE.tokens, ALICE, ZERO, ALICE, '7', 5n)], []);
    expect(read).toMatchObject({ foreign: [], unclassified: [{ account: ALICE }] });
  });

  test('an ERC-20 that is none of ours says nothing, whatever it says', () => {
    const bodies = [cash(OTHER_COIN, STRANGER, ALICE, HUGE), cash(OTHER_COIN, ALICE, BOB, HUGE)];
    const read = readKnowing(bodies, []);
    expect(read.wallets).toEqual([]);
    expect(inputsOfTransaction(read)).toEqual([]);
  });
});

describe('a wallet to which somebody gives who acts in the same transaction', () => {
  test('and that gave nothing was given: its account is in no doubt', () => {
    const bodies = [
      ...splitThrough(VENUE, MARKET, STRANGER, 7n),
      single(VENUE.tokens, STRANGER, STRANGER, ALICE, YES, 1n),
      cash(VENUE.pusd, STRANGER, ALICE, 2n),
      cash(VENUE.pusd, ALICE, STRANGER, 0n),
    ];
    const read = readBy(bodies);
    expect(read.unclassified).toEqual([]);
    expect(movementsOf(read)).toMatchObject([
      { type: 'TokensTransferred', direction: 'IN', quantity_shares: '0.000001' },
      { type: 'CashMoved', kind: 'DEPOSIT', amount_pusd: '0.000002' },
    ]);
  });

  test('and that gave something is set aside: nobody can tell what for', () => {
    const bodies = [
      cash(VENUE.pusd, ALICE, STRANGER, 7n),
      ...splitThrough(VENUE, MARKET, STRANGER, 7n),
      single(VENUE.tokens, STRANGER, STRANGER, ALICE, YES, 7n),
    ];
    expect(readBy(bodies)).toMatchObject({
      movements: [],
      unclassified: [{ legs: { pusd: '-0.000007', tokens: { [YES]: '0.000007' } } }],
    });
  });
});

describe('a trader of a match that sends its partner cash beside it', () => {
  const of = (wallet: string, what: 'BUY' | 'SELL', give: bigint, get: bigint): Side => ({
    wallet,
    side: what,
    tokenId: YES,
    makerAmount: give,
    takerAmount: get,
    fee: 0n,
    orderHash: id(wallet),
  });
  const buys = of(STRANGER, 'BUY', 22_000_000n, 40_000_000n);
  const match = complementaryBuy(VENUE, buys, of(ALICE, 'SELL', 40_000_000n, 22_000_000n));

  test('has given it, whatever it is: the fill is as its event says', () => {
    const powers = Array.from({ length: 20 }, (_, at) => 2n ** BigInt(at));
    for (const gifts of [[1n], [1n, 1n, 5n], [22_000_000n], powers]) {
      const read = readBy([
        ...match,
        ...gifts.map((one) => cash(VENUE.pusd, STRANGER, ALICE, one)),
      ]);
      const sum = gifts.reduce((all, one) => all + one, 0n);
      expect(read.unclassified).toEqual([]);
      expect(read.fills).toMatchObject([{ refund: '0' }]);
      expect(movementsOf(read)).toMatchObject([
        { type: 'CashMoved', kind: 'DEPOSIT', amount_pusd: formatMicros(sum) },
      ]);
    }
  });

  test('has given it, too, where it is many amounts above the price', () => {
    const gifts = Array.from({ length: 14 }, (_, at) => 22_000_001n + 2n ** BigInt(at));
    const read = readBy([...match, ...gifts.map((one) => cash(VENUE.pusd, STRANGER, ALICE, one))]);
    expect(read.unclassified).toEqual([]);
    expect(movementsOf(read)).toMatchObject([{ kind: 'DEPOSIT', amount_pusd: '308.016397' }]);
  });

  test('has not where the rest would not be what the fill says', () => {
    const short = match.filter(({ address }) => address !== VENUE.pusd);
    const read = readBy([...short, cash(VENUE.pusd, STRANGER, ALICE, 21_999_999n)]);
    expect(read).toMatchObject({ movements: [], unclassified: [{ account: ALICE }] });
  });
});

describe('a buyer that redeems what it is given before it pays', () => {
  const sale = (price: bigint): readonly LogBody[] => {
    const side = (wallet: string, what: 'BUY' | 'SELL', give: bigint, get: bigint): Side => ({
      wallet,
      side: what,
      tokenId: YES,
      makerAmount: give,
      takerAmount: get,
      fee: 0n,
      orderHash: id(wallet),
    });
    const buys = side(STRANGER, 'BUY', price, 40_000_000n);
    return complementaryBuy(VENUE, buys, side(ALICE, 'SELL', 40_000_000n, price));
  };

  test('has redeemed its own: the wallet sold 40, once', () => {
    for (const [price, payout] of [
      [400_000n, 0n],
      [20_000_000n, 20_000_000n],
    ] as const) {
      const [given, ...rest] = sale(price);
      const burned = redeemAtTokens(VENUE, MARKET, STRANGER, [40_000_000n, 0n], payout);
      const read = readBy([...(given === undefined ? [] : [given]), ...burned, ...rest]);
      expect(read.fills).toMatchObject([{ event: { makerAmount: 40_000_000n } }]);
      expect(read).toMatchObject({ movements: [], unclassified: [] });
    }
  });
});

describe('a redemption that somebody makes for the wallet', () => {
  const held = [14_000_000n, 104_000_000n] as const;
  const taken = batch(VENUE.tokens, STRANGER, ALICE, STRANGER, MARKET.ids, held);
  const through = redeemThrough(VENUE, MARKET, STRANGER, held, 59_000_000n);
  const paid = (amount: bigint) => cash(VENUE.pusd, STRANGER, ALICE, amount);

  test('through the adapter is its own: 14 and 104 of a 50-50 pay 59', () => {
    const read = readBy([taken, ...through, paid(59_000_000n)]);
    expect(read.unclassified).toEqual([]);
    expect(movementsOf(read)).toEqual([
      {
        type: 'PositionsRedeemed',
        account: ALICE,
        condition_id: MARKET.conditionId,
        neg_risk_market_id: null,
        payout_pusd: '59',
        legs: [
          { token_id: YES, outcome_index: 0, quantity_shares: '14', payout_pusd: null },
          { token_id: NO, outcome_index: 1, quantity_shares: '104', payout_pusd: null },
        ],
      },
    ]);
  });

  test('at ConditionalTokens, too, and of a loser for 0', () => {
    const direct = [
      taken,
      ...redeemAtTokens(VENUE, MARKET, STRANGER, held, 59_000_000n),
      ...paidOut(VENUE, STRANGER, STRANGER, 59_000_000n),
      paid(59_000_000n),
    ];
    expect(movementsOf(readBy(direct))).toMatchObject([{ payout_pusd: '59', legs: [{}, {}] }]);
    const loser = single(VENUE.tokens, STRANGER, ALICE, STRANGER, NO, 5n);
    const burned = redeemThrough(VENUE, MARKET, STRANGER, [0n, 5n], 0n);
    const read = readBy([loser, ...burned]);
    expect(movementsOf(read)).toMatchObject([{ payout_pusd: '0', legs: [{ token_id: NO }] }]);
    expect(read.unclassified).toEqual([]);
  });

  test('for one after another is told to each its own', () => {
    const one = (wallet: string, amount: bigint) => [
      single(VENUE.tokens, STRANGER, wallet, STRANGER, YES, amount),
      ...redeemThrough(VENUE, MARKET, STRANGER, [amount, 0n], amount),
      cash(VENUE.pusd, STRANGER, wallet, amount),
    ];
    const read = readBy([...one(ALICE, 3n), ...one(`0x${'9'.repeat(40)}`, 4n), ...one(BOB, 3n)]);
    expect(read.unclassified).toEqual([]);
    expect(movementsOf(read)).toMatchObject([
      { type: 'PositionsRedeemed', account: ALICE, payout_pusd: '0.000003' },
      { type: 'PositionsRedeemed', account: BOB, payout_pusd: '0.000003' },
    ]);
  });

  test('of which a part is kept, or which is of several wallets at once, is set aside', () => {
    const kept = readBy([taken, ...through, paid(58_999_999n)]);
    expect(kept).toMatchObject({ movements: [], unclassified: [{ account: ALICE }] });
    const half = (wallet: string) =>
      single(VENUE.tokens, STRANGER, wallet, STRANGER, YES, 7_000_000n);
    const both = redeemThrough(VENUE, MARKET, STRANGER, [14_000_000n, 0n], 14_000_000n);
    const back = [ALICE, BOB].map((wallet) => cash(VENUE.pusd, STRANGER, wallet, 7_000_000n));
    const read = readBy([half(ALICE), half(BOB), ...both, ...back]);
    expect(read.movements).toEqual([]);
    expect(read.unclassified.map(({ account }) => account)).toEqual([ALICE, BOB]);
  });
});
