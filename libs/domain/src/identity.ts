/**
 * When two records are the same fill (rule B9, the pure part). Each source has a recipe for an id,
 * and an event carries the recipe's name. The tables that remember ids belong to the ingestor.
 *
 * Within one source the same id must bring the same content, else it is a conflict. Across sources
 * ids differ by nature, so the fills are compared; prices there may differ by rounding, up to one
 * tick × quantity of cash.
 */

import { type PusdMicros, type Rational, type ShareMicros } from '@polytraders/money';
import { type OrderSide, withinOneTick } from './fill.ts';

export type IdentityRecipe = 'BUS' | 'CHAIN' | 'VENUE' | 'ACTIVITY' | 'FILE_ROW';

/** SHA-256 of a text, in lower-case hex; given, because pure code has no crypto of its own. */
export type HashText = (text: string) => string;

export type Coordinates = {
  readonly txHash: string | null;
  readonly orderHash: string | null;
  readonly logIndex: number | null;
  readonly blockNumber: number | null;
};

/** What makes up a fill. Status, marks, metadata and envelope are not content. */
export type FillContent = {
  readonly account: string;
  readonly orderId: string | null;
  readonly tokenId: string;
  readonly orderSide: OrderSide;
  readonly quantity: ShareMicros;
  readonly notional: PusdMicros;
  /** Compared only where both sides know it. */
  readonly fee: PusdMicros | null;
  readonly coordinates: Coordinates;
};

/** The chain's id of a fill: one per order and transaction. */
export function chainFillId(txHash: string, orderHash: string): string {
  return `${txHash.toLowerCase()}:${orderHash.toLowerCase()}`;
}

/** The venue API's id: its trade, and the maker order where the fill is a maker's part of it. */
export function venueFillId(tradeId: string, makerOrderId: string | null): string {
  return makerOrderId === null ? tradeId : `${tradeId}:${makerOrderId}`;
}

export type ActivityRow = {
  readonly txHash: string;
  readonly wallet: string;
  readonly asset: string;
  readonly side: string;
  readonly size: string;
  readonly price: string;
  readonly timestamp: string;
};

/** The id of a row of an activity export, which carries none: a hash of what identifies it. */
export function activityFillId(row: ActivityRow, hash: HashText): string {
  const { txHash, wallet, asset, side, size, price, timestamp } = row;
  return hash(
    [txHash.toLowerCase(), wallet.toLowerCase(), asset, side, size, price, timestamp].join('|'),
  );
}

/** The id of a row of a file without ids; only on request: a file saved twice would be two sets. */
export function fileRowFillId(fileSha256: string, row: number): string {
  return `${fileSha256}:${String(row)}`;
}

/** The content as one string, without what only one side may know. Equal strings, same fill. */
export function contentString(
  account: string,
  orderId: string | null,
  tokenId: string,
  orderSide: string,
  quantity: bigint,
  notional: bigint,
): string {
  const who = `${account}|${orderId ?? ''}|${tokenId}|${orderSide}`;
  return `${who}|${quantity.toString()}|${notional.toString()}`;
}

/** Judges two records of one source under the same id. */
export function compareWithinSource(
  known: FillContent,
  arriving: FillContent,
): 'duplicate' | 'conflict' {
  const same =
    known.account === arriving.account &&
    known.orderId === arriving.orderId &&
    known.tokenId === arriving.tokenId &&
    known.orderSide === arriving.orderSide &&
    known.quantity === arriving.quantity &&
    known.notional === arriving.notional &&
    agree(known.fee, arriving.fee) &&
    coordinatesAgree(known.coordinates, arriving.coordinates);
  return same ? 'duplicate' : 'conflict';
}

export type CrossDifference =
  'account' | 'token_id' | 'order_side' | 'quantity' | 'order_id' | 'notional';

/**
 * What differs between a fill and another source's record of it; an empty list is a match, anything
 * else alarms `GOV_FILL_MISMATCH`. Order ids are compared only where both are order hashes.
 */
export function compareAcrossSources(
  a: FillContent,
  b: FillContent,
  tick: Rational,
): readonly CrossDifference[] {
  const differences: CrossDifference[] = [];
  if (a.account !== b.account) differences.push('account');
  if (a.tokenId !== b.tokenId) differences.push('token_id');
  if (a.orderSide !== b.orderSide) differences.push('order_side');
  if (a.quantity !== b.quantity) differences.push('quantity');
  if (
    isOrderHash(a.orderId) &&
    isOrderHash(b.orderId) &&
    a.orderId.toLowerCase() !== b.orderId.toLowerCase()
  ) {
    differences.push('order_id');
  }
  if (!withinOneTick(a.notional, b.notional, a.quantity, tick)) differences.push('notional');
  return differences;
}

/** Whether an order id is an order's hash: 0x and 64 hex digits. */
export function isOrderHash(orderId: string | null): orderId is string {
  return orderId !== null && /^0x[0-9a-fA-F]{64}$/.test(orderId);
}

function coordinatesAgree(a: Coordinates, b: Coordinates): boolean {
  return (
    agree(a.txHash, b.txHash) &&
    agree(a.orderHash, b.orderHash) &&
    agree(a.logIndex, b.logIndex) &&
    agree(a.blockNumber, b.blockNumber)
  );
}

function agree<Value>(a: Value | null, b: Value | null): boolean {
  return a === null || b === null || a === b;
}
