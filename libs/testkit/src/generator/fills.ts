/**
 * How a leg of an order is told on the bus: by quantity, by size (as the specification's example
 * does), by both, or as the average of two price levels, with an absolute fee or a rate. This is
 * where prices with 18 decimals and odd micro-shares come from.
 */

import { type Random } from './random.ts';
import { type Order } from './orders.ts';

export type Fill = {
  readonly fillId: string;
  readonly order: Order;
  readonly priceE18: bigint;
  readonly quantity: bigint | null;
  readonly size: bigint | null;
  /** The shares that move: the quantity, or what the size buys at the price, rounded down. */
  readonly shares: bigint;
  readonly fee: bigint | null;
  readonly feeBps: number | null;
  readonly builderFee: bigint | null;
  readonly txHash: string | null;
  /** As the report names it; a transaction has one in any case (`blockOfTransaction`). */
  readonly blockNumber: number | null;
  readonly logIndex: number | null;
};

const E18 = 10n ** 18n;
const MILL_E18 = 10n ** 15n;
const EXCHANGE_CAP_BPS = 490n;
const FIRST_BLOCK = 94_800_000;
const BLOCKS = 57_600n;

/** The block of a fill's transaction on the day's chain: it follows from the hash alone. */
export function blockOfTransaction(txHash: string): number {
  return FIRST_BLOCK + Number(BigInt(txHash) % BLOCKS);
}

/** The fill of one leg. */
export function tellFill(random: Random, order: Order, leg: bigint): Fill {
  const told = tellAmounts(random, order, leg);
  const notional = told.size ?? (leg * told.priceE18) / E18;
  const builderFee =
    order.bot.builderCode === null ? null : (notional * BigInt(order.bot.builderFeeBps)) / 10_000n;
  const txHash = order.bot.paper ? null : random.hex(32);
  // Bots that quote in basis points come from a gateway that passes the transaction, and not where
  // it stands.
  const isPlaced = order.bot.feeStyle === 'absolute' && txHash !== null;
  return {
    fillId: `fill_${random.hex(8).slice(2)}`,
    order,
    ...told,
    ...tellFee(random, order, told.shares, told.priceE18, builderFee ?? 0n),
    builderFee,
    txHash,
    blockNumber: isPlaced ? blockOfTransaction(txHash) : null,
    logIndex: isPlaced ? random.between(0, 400) : null,
  };
}

type Amounts = Pick<Fill, 'priceE18' | 'quantity' | 'size' | 'shares'>;

function tellAmounts(random: Random, order: Order, leg: bigint): Amounts {
  const priceE18 = BigInt(order.priceMills) * MILL_E18;
  const size = (leg * priceE18) / E18;
  const draw = random.between(0, 99);
  if (draw < 60) return { priceE18, quantity: leg, size: null, shares: leg };
  if (draw < 75) return { priceE18, quantity: null, size, shares: (size * E18) / priceE18 };
  if (draw < 88 || order.maker) return { priceE18, quantity: leg, size, shares: leg };
  return averaged(random, order, leg);
}

/** Two levels a mill or two apart: 5 @ 0.74 + 6 @ 0.75 is 11 @ 0.745454545454545455. */
function averaged(random: Random, order: Order, leg: bigint): Amounts {
  const upper = (leg * BigInt(random.between(30, 70))) / 100n;
  const step = BigInt(random.between(1, 2)) * MILL_E18;
  const first = BigInt(order.priceMills) * MILL_E18;
  const second = order.side === 'BUY' ? first + step : first - step;
  const size = ((leg - upper) * first + upper * second) / E18;
  const doubled = (2n * size * E18) / leg;
  return { priceE18: (doubled + 1n) / 2n, quantity: leg, size, shares: leg };
}

/**
 * Takers pay the venue's curve, quantity × rate × p × (1 − p) cut to five decimals, makers nothing;
 * a builder's share comes on top. Or a rate of the match event, within the caps of both roles.
 */
function tellFee(
  random: Random,
  order: Order,
  shares: bigint,
  priceE18: bigint,
  builderFee: bigint,
): Pick<Fill, 'fee' | 'feeBps'> {
  if (order.bot.feeStyle === 'bps') {
    return {
      fee: null,
      feeBps: order.maker ? random.pick([0, 10, 25]) : random.pick([40, 60, 95]),
    };
  }
  if (order.maker) return { fee: builderFee, feeBps: null };
  const rated = shares * BigInt(order.market.feeRateE4) * priceE18;
  const curve = (rated * (E18 - priceE18)) / (10_000n * E18 * E18);
  // The exchange takes never more than 5 % of the cash, whatever the curve says of unlikely
  // outcomes.
  const most = (shares * priceE18 * EXCHANGE_CAP_BPS) / (10_000n * E18) - builderFee;
  const platform = curve < most ? curve : most;
  return { fee: (platform / 10n) * 10n + builderFee, feeBps: null };
}
