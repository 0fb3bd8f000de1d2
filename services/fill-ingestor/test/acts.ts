/** Generated transactions: what the venue's contracts do, in any order, for any of the wallets. */

import {
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
} from '@polytraders/testkit/chain';
import { id } from 'ethers';
import fc from 'fast-check';
import { ALICE, BOB, market, negRiskEvent, STRANGER } from './transactions.ts';

const MARKETS = [market('rain'), market('snow')];
const EVENT = negRiskEvent('cup', 4);
const WALLETS = [ALICE, BOB, STRANGER];
const ONRAMP = '0x93070a847efef7f70739046a929d47a521f5b8ee';
const OTHER = '0x0e4e200000000000000000000000000000000004';
/** No trader of the match: a payment to one of those could be part of it, and is set aside. */
const PAYEE = '0x9a1ee00000000000000000000000000000000005';

let count = 0;

function side(
  wallet: string,
  what: 'BUY' | 'SELL',
  token: string,
  give: bigint,
  get: bigint,
): Side {
  count += 1;
  const fee = give % 3n;
  const orderHash = id(String(count));
  return {
    wallet,
    side: what,
    tokenId: token,
    makerAmount: give,
    takerAmount: get,
    fee,
    orderHash,
  };
}

export type Act = {
  readonly what: number;
  readonly who: string;
  readonly other: string;
  readonly a: bigint;
  readonly b: bigint;
  readonly market: number;
  readonly set: bigint;
};

/** One thing that the venue's contracts do, with the amounts of the act. */
export function bodiesOf({
  what,
  who,
  other: named,
  a,
  b,
  market: at,
  set,
}: Act): readonly LogBody[] {
  const other = named === who ? OTHER : named;
  const free = (one: Side): Side => ({ ...one, fee: 0n });
  const there = MARKETS[at] ?? market('rain');
  const question = EVENT.questions[at] ?? there;
  const [yes, no] = there.ids;
  const conversion = { ...EVENT, indexSet: set, amount: a, feeBips: b % 300n };
  const acts: readonly (() => readonly LogBody[])[] = [
    () => splitThrough(VENUE, there, who, a),
    () => mergeThrough(VENUE, there, who, a),
    () => redeemThrough(VENUE, there, who, [a, b], a),
    () => redeemAtTokens(VENUE, there, who, [a, b], b),
    () => negRiskSplit(VENUE, question, who, a),
    () => negRiskRedeem(VENUE, question, who, [a, b], a),
    () => convert(VENUE, conversion, who),
    () => convertThrough(VENUE, conversion, who),
    () => [cash(VENUE.pusd, who, PAYEE, a)],
    () => [single(VENUE.tokens, who, PAYEE, who, yes, b)],
    () => paidOut(VENUE, ONRAMP, who, a),
    () => complementaryBuy(VENUE, side(who, 'BUY', yes, a, b), side(other, 'SELL', yes, b, a)),
    () =>
      complementarySell(VENUE, side(who, 'SELL', yes, a, b), free(side(other, 'BUY', yes, b, a))),
    () => merge(VENUE, there, side(who, 'SELL', yes, a, b), side(other, 'SELL', no, a, b)),
    () =>
      mint(VENUE, there, side(who, 'BUY', yes, a + b, a), free(side(other, 'BUY', no, b, a)), 1n),
    () =>
      mixedBuy(
        VENUE,
        there,
        side(who, 'BUY', yes, b, a + 5n),
        free(side(other, 'SELL', yes, 5n, 3n)),
        free(side(STRANGER, 'BUY', no, b, a)),
      ),
  ];
  return acts[what % acts.length]?.() ?? [];
}

const amount = fc.bigInt({ min: 10_000n, max: 10n ** 13n }).map((value) => value * 3n);
const act = fc.record({
  what: fc.nat(15),
  who: fc.constantFrom(...WALLETS),
  other: fc.constantFrom(...WALLETS, OTHER),
  a: amount,
  b: amount,
  market: fc.nat(1),
  set: fc.bigInt({ min: 1n, max: 15n }),
});

/** The same twice by one wallet in one transaction is told in one, as long as it is one place. */
export const acts = fc.uniqueArray(act, {
  minLength: 1,
  maxLength: 5,
  selector: ({ what, who, market: at }) => `${String(what)}${who}${String(at)}`,
});
