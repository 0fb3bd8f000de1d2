/**
 * The fee of the exchange before V2, for history only: `CTFExchange` V1 took it in what the order
 * receives, from `min(price, 1 − price)`, with Solidity's integer division at each step.
 */

import { BPS_PER_UNIT, divideFloor, E18_PER_UNIT } from '@polytraders/money';
import { type OrderSide } from './fill.ts';

/**
 * The V1 fee of an order in micros: of outcome tokens for a BUY, of collateral for a SELL.
 * A BUY of 100 shares for 40 at 100 bps costs 1 share; the SELL of 100 for 40 costs 0.4 USDC.
 * 0 where the price is outside (0, 1].
 */
export function exchangeV1Fee(
  orderSide: OrderSide,
  makerAmount: bigint,
  takerAmount: bigint,
  feeRateBps: number,
): bigint {
  const outcomeTokens = orderSide === 'BUY' ? takerAmount : makerAmount;
  const collateral = orderSide === 'BUY' ? makerAmount : takerAmount;
  if (outcomeTokens === 0n) return 0n;
  const price = divideFloor(collateral * E18_PER_UNIT, outcomeTokens);
  if (price <= 0n || price > E18_PER_UNIT) return 0n;
  const cheaper = price < E18_PER_UNIT - price ? price : E18_PER_UNIT - price;
  const weighted = BigInt(feeRateBps) * cheaper * outcomeTokens;
  const unit = orderSide === 'BUY' ? price : E18_PER_UNIT;
  return divideFloor(weighted, unit * BPS_PER_UNIT);
}
