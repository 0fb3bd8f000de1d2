/**
 * What the venue's contracts log for each action, in their order (chain reference 5). P pUSD, U
 * USDC.e, W wrapped collateral, C ConditionalTokens, A and B the collateral adapters, N
 * NegRiskAdapter, E exchange, F receiver of fees.
 */

import {
  batch,
  cash,
  cashByAllowance,
  converted,
  feeCharged,
  type FilledOrder,
  type LogBody,
  negRiskChanged,
  negRiskRedeemed,
  orderFilled,
  ordersMatched,
  positionsChanged,
  single,
  tokensRedeemed,
  type Venue,
  wrapped,
  ZERO,
} from './venue-words.ts';

export type Market = { readonly conditionId: string; readonly ids: readonly [string, string] };

/** An order of a match: whose, what, and the fee that it is charged. */
export type Side = Omit<FilledOrder, 'taker' | 'maker'> & { readonly wallet: string };

/** Taker and maker buy opposite outcomes: the match mints. `limit` is what the taker offered. */
export function mint(
  venue: Venue,
  market: Market,
  taker: Side,
  maker: Side,
  refund: bigint,
): readonly LogBody[] {
  const { pusd, exchange, feeReceiver } = venue;
  const minted = taker.takerAmount;
  return [
    cash(pusd, taker.wallet, exchange, taker.makerAmount + taker.fee),
    cash(pusd, maker.wallet, exchange, maker.makerAmount),
    ...splitThrough(venue, market, exchange, minted),
    single(venue.tokens, exchange, exchange, maker.wallet, maker.tokenId, maker.takerAmount),
    orderFilled(exchange, order(maker, taker.wallet)),
    ...(taker.fee > 0n
      ? [feeCharged(exchange, feeReceiver, taker.fee), cash(pusd, exchange, feeReceiver, taker.fee)]
      : []),
    single(venue.tokens, exchange, exchange, taker.wallet, taker.tokenId, taker.takerAmount),
    ...(refund > 0n ? [cash(pusd, exchange, taker.wallet, refund)] : []),
    ...closing(venue, taker),
  ];
}

/** The taker buys what the maker sells; the maker is paid by the taker, fees come at the end. */
export function complementaryBuy(venue: Venue, taker: Side, maker: Side): readonly LogBody[] {
  const { pusd, exchange, feeReceiver } = venue;
  const fees = taker.fee + maker.fee;
  return [
    single(venue.tokens, exchange, maker.wallet, taker.wallet, maker.tokenId, maker.makerAmount),
    ...(maker.fee > 0n ? [feeCharged(exchange, feeReceiver, maker.fee)] : []),
    cash(pusd, taker.wallet, maker.wallet, maker.takerAmount - maker.fee),
    orderFilled(exchange, order(maker, taker.wallet)),
    ...(taker.fee > 0n ? [feeCharged(exchange, feeReceiver, taker.fee)] : []),
    ...closing(venue, taker),
    ...(fees > 0n ? [cash(pusd, taker.wallet, feeReceiver, fees)] : []),
  ];
}

/** The taker sells what the maker buys. */
export function complementarySell(venue: Venue, taker: Side, maker: Side): readonly LogBody[] {
  const { pusd, exchange, feeReceiver } = venue;
  return [
    single(venue.tokens, exchange, taker.wallet, maker.wallet, taker.tokenId, taker.makerAmount),
    cash(pusd, maker.wallet, exchange, maker.makerAmount),
    orderFilled(exchange, order(maker, taker.wallet)),
    ...(taker.fee > 0n ? [feeCharged(exchange, feeReceiver, taker.fee)] : []),
    cash(pusd, exchange, taker.wallet, taker.takerAmount - taker.fee),
    ...closing(venue, taker),
    ...(taker.fee > 0n ? [cash(pusd, exchange, feeReceiver, taker.fee)] : []),
  ];
}

/** Taker and maker sell opposite outcomes: the match merges, the surplus is the taker's. */
export function merge(venue: Venue, market: Market, taker: Side, maker: Side): readonly LogBody[] {
  const { pusd, exchange, feeReceiver, tokens } = venue;
  const merged = taker.makerAmount;
  return [
    single(tokens, exchange, taker.wallet, exchange, taker.tokenId, merged),
    single(tokens, exchange, maker.wallet, exchange, maker.tokenId, merged),
    ...mergeThrough(venue, market, exchange, merged),
    cash(pusd, exchange, maker.wallet, maker.takerAmount - maker.fee),
    orderFilled(exchange, order(maker, taker.wallet)),
    cash(pusd, exchange, taker.wallet, taker.takerAmount - taker.fee),
    ...(taker.fee > 0n ? [feeCharged(exchange, feeReceiver, taker.fee)] : []),
    ...closing(venue, taker),
    ...(taker.fee > 0n ? [cash(pusd, exchange, feeReceiver, taker.fee)] : []),
  ];
}

/** The taker buys: some of it one maker sells, the rest is minted with another. */
export function mixedBuy(
  venue: Venue,
  market: Market,
  taker: Side,
  seller: Side,
  minter: Side,
): readonly LogBody[] {
  const { pusd, exchange, feeReceiver, tokens } = venue;
  return [
    cash(pusd, taker.wallet, exchange, taker.makerAmount + taker.fee),
    single(tokens, exchange, seller.wallet, exchange, seller.tokenId, seller.makerAmount),
    cash(pusd, minter.wallet, exchange, minter.makerAmount),
    ...splitThrough(venue, market, exchange, minter.takerAmount),
    cash(pusd, exchange, seller.wallet, seller.takerAmount - seller.fee),
    orderFilled(exchange, order(seller, taker.wallet)),
    single(tokens, exchange, exchange, minter.wallet, minter.tokenId, minter.takerAmount),
    orderFilled(exchange, order(minter, taker.wallet)),
    ...(taker.fee > 0n ? [feeCharged(exchange, feeReceiver, taker.fee)] : []),
    ...(taker.fee > 0n ? [cash(pusd, exchange, feeReceiver, taker.fee)] : []),
    single(tokens, exchange, exchange, taker.wallet, taker.tokenId, taker.takerAmount),
    ...closing(venue, taker),
  ];
}

/** A split through the collateral adapter, for whoever pays. */
export function splitThrough(
  venue: Venue,
  { conditionId, ids }: Market,
  user: string,
  amount: bigint,
): readonly LogBody[] {
  const { pusd, usdce, tokens, adapter } = venue;
  const both = [amount, amount];
  return [
    cash(pusd, user, pusd, amount),
    ...cashByAllowance(usdce, venue.vault, adapter, amount),
    cash(pusd, pusd, ZERO, amount),
    wrapped(venue, 'Unwrapped', adapter, adapter, amount),
    ...cashByAllowance(usdce, adapter, tokens, amount),
    batch(tokens, adapter, ZERO, adapter, ids, both),
    positionsChanged(tokens, 'PositionSplit', adapter, usdce, conditionId, amount),
    batch(tokens, adapter, adapter, user, ids, both),
  ];
}

/** A merge through the collateral adapter. */
export function mergeThrough(
  venue: Venue,
  { conditionId, ids }: Market,
  user: string,
  amount: bigint,
): readonly LogBody[] {
  const { usdce, tokens, adapter } = venue;
  const both = [amount, amount];
  return [
    batch(tokens, adapter, user, adapter, ids, both),
    batch(tokens, adapter, adapter, ZERO, ids, both),
    cash(usdce, tokens, adapter, amount),
    positionsChanged(tokens, 'PositionsMerge', adapter, usdce, conditionId, amount),
    ...paidOut(venue, adapter, user, amount),
  ];
}

/** A redemption through the collateral adapter: all of both outcomes is burned. */
export function redeemThrough(
  venue: Venue,
  { conditionId, ids }: Market,
  user: string,
  held: readonly [bigint, bigint],
  payout: bigint,
): readonly LogBody[] {
  const { usdce, tokens, adapter } = venue;
  return [
    batch(tokens, adapter, user, adapter, ids, held),
    single(tokens, adapter, adapter, ZERO, ids[0], held[0]),
    single(tokens, adapter, adapter, ZERO, ids[1], held[1]),
    ...(payout > 0n ? [cash(usdce, tokens, adapter, payout)] : []),
    tokensRedeemed(tokens, adapter, usdce, conditionId, payout),
    ...(payout > 0n ? paidOut(venue, adapter, user, payout) : []),
  ];
}

/** A redemption at ConditionalTokens itself: burns of what is held, cash where there is any. */
export function redeemAtTokens(
  { usdce, tokens }: Venue,
  { conditionId, ids }: Market,
  user: string,
  held: readonly [bigint, bigint],
  payout: bigint,
): readonly LogBody[] {
  const burns = ids.flatMap((id, at) =>
    (held[at] ?? 0n) > 0n ? [single(tokens, user, user, ZERO, id, held[at] ?? 0n)] : [],
  );
  return [
    ...burns,
    ...(payout > 0n ? [cash(usdce, tokens, user, payout)] : []),
    tokensRedeemed(tokens, user, usdce, conditionId, payout),
  ];
}

/** A split at NegRiskAdapter itself. */
export function negRiskSplit(
  venue: Venue,
  { conditionId, ids }: Market,
  user: string,
  amount: bigint,
): readonly LogBody[] {
  const { usdce, wrapped: coin, tokens, negRiskAdapter } = venue;
  const both = [amount, amount];
  return [
    ...cashByAllowance(usdce, user, negRiskAdapter, amount),
    ...cashByAllowance(usdce, negRiskAdapter, coin, amount),
    cash(coin, ZERO, negRiskAdapter, amount),
    ...innerSplit(venue, { conditionId, ids }, amount),
    batch(tokens, negRiskAdapter, negRiskAdapter, user, ids, both),
    negRiskChanged(negRiskAdapter, 'PositionSplit', user, conditionId, amount),
  ];
}

/** A redemption at NegRiskAdapter itself. */
export function negRiskRedeem(
  venue: Venue,
  { conditionId, ids }: Market,
  user: string,
  held: readonly [bigint, bigint],
  payout: bigint,
): readonly LogBody[] {
  const { usdce, wrapped: coin, tokens, negRiskAdapter } = venue;
  return [
    batch(tokens, negRiskAdapter, user, negRiskAdapter, ids, held),
    single(tokens, negRiskAdapter, negRiskAdapter, ZERO, ids[0], held[0]),
    single(tokens, negRiskAdapter, negRiskAdapter, ZERO, ids[1], held[1]),
    ...(payout > 0n ? [cash(coin, tokens, negRiskAdapter, payout)] : []),
    tokensRedeemed(tokens, negRiskAdapter, coin, conditionId, payout),
    cash(coin, negRiskAdapter, ZERO, payout),
    cash(usdce, coin, user, payout),
    negRiskRedeemed(negRiskAdapter, user, conditionId, held, payout),
  ];
}

export type Conversion = {
  readonly marketId: string;
  /** The markets of the event's questions, in order. */
  readonly questions: readonly Market[];
  readonly indexSet: bigint;
  readonly amount: bigint;
  readonly feeBips: bigint;
};

/** A conversion at NegRiskAdapter, of whoever holds the tokens there. */
export function convert(
  venue: Venue,
  { marketId, questions, indexSet, amount, feeBips }: Conversion,
  user: string,
): readonly LogBody[] {
  const { usdce, wrapped: coin, tokens, negRiskAdapter, burn, vault } = venue;
  const isGiven = (at: number): boolean => ((indexSet >> BigInt(at)) & 1n) === 1n;
  const given = questions.filter((_, at) => isGiven(at));
  const others = questions.filter((_, at) => !isGiven(at));
  const fee = (amount * feeBips) / 10_000n;
  const times = BigInt(given.length - 1);
  const of = (markets: readonly Market[], outcome: 0 | 1, to: string, from: string, each: bigint) =>
    batch(
      tokens,
      negRiskAdapter,
      from,
      to,
      markets.map(({ ids }) => ids[outcome]),
      markets.map(() => each),
    );
  return [
    cash(coin, ZERO, negRiskAdapter, BigInt(others.length) * amount),
    ...others.flatMap((market) => innerSplit(venue, market, amount)),
    of(given, 1, burn, user, amount),
    of(others, 1, burn, negRiskAdapter, amount),
    ...(times > 0n && fee > 0n ? [cash(usdce, coin, vault, times * fee)] : []),
    ...(times > 0n ? [cash(usdce, coin, user, times * (amount - fee))] : []),
    ...(others.length > 0 && fee > 0n ? [of(others, 0, vault, negRiskAdapter, fee)] : []),
    ...(others.length > 0 ? [of(others, 0, user, negRiskAdapter, amount - fee)] : []),
    converted(negRiskAdapter, user, marketId, indexSet, amount),
  ];
}

/** The same through the negative-risk collateral adapter, which the event then names. */
export function convertThrough(
  venue: Venue,
  conversion: Conversion,
  user: string,
): readonly LogBody[] {
  const { tokens, negRiskCollateralAdapter: adapter } = venue;
  const { questions, indexSet, amount, feeBips } = conversion;
  const isGiven = (at: number): boolean => ((indexSet >> BigInt(at)) & 1n) === 1n;
  const given = questions.filter((_, at) => isGiven(at)).map(({ ids }) => ids[1]);
  const others = questions.filter((_, at) => !isGiven(at)).map(({ ids }) => ids[0]);
  const kept = amount - (amount * feeBips) / 10_000n;
  const payout = BigInt(given.length - 1) * kept;
  const each = (ids: readonly string[], quantity: bigint) => ids.map(() => quantity);
  return [
    batch(tokens, adapter, user, adapter, given, each(given, amount)),
    ...convert(venue, conversion, adapter),
    ...(others.length > 0
      ? [batch(tokens, adapter, adapter, user, others, each(others, kept))]
      : []),
    ...(payout > 0n ? paidOut(venue, adapter, user, payout) : []),
  ];
}

/** pUSD made of USDC.e for a user: the end of whatever an adapter pays. */
export function paidOut(
  venue: Venue,
  caller: string,
  user: string,
  amount: bigint,
): readonly LogBody[] {
  const { pusd, usdce, vault } = venue;
  return [
    cash(usdce, caller, pusd, amount),
    cash(pusd, ZERO, user, amount),
    cash(usdce, pusd, vault, amount),
    wrapped(venue, 'Wrapped', caller, user, amount),
  ];
}

function innerSplit(
  { wrapped: coin, tokens, negRiskAdapter }: Venue,
  { conditionId, ids }: Market,
  amount: bigint,
): readonly LogBody[] {
  return [
    cash(coin, negRiskAdapter, tokens, amount),
    batch(tokens, negRiskAdapter, ZERO, negRiskAdapter, ids, [amount, amount]),
    positionsChanged(tokens, 'PositionSplit', negRiskAdapter, coin, conditionId, amount),
  ];
}

/** The taker's row and its repetition. */
function closing({ exchange }: Venue, taker: Side): readonly LogBody[] {
  const row = order(taker, exchange);
  return [orderFilled(exchange, row), ordersMatched(exchange, row)];
}

function order({ wallet, ...rest }: Side, taker: string): FilledOrder {
  return { ...rest, maker: wallet, taker };
}
