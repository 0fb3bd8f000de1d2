/**
 * What an account has of one token, or of pUSD (rule B10).
 *
 *   free + reserved + pending_out = total, always; free is what the other three leave.
 *
 * `pendingIn` stands beside it and `redeemable` is an overlay on free: neither is a term. Amounts
 * are micro-shares or micro-pUSD, whichever the asset is, and may be negative: facts are booked.
 */

/** An asset of an account: an outcome token, or pUSD where `token` is null. */
export type Asset = { readonly account: string; readonly token: string | null };

export type InventoryBalance = Asset & {
  readonly kind: 'balance';
  readonly conditionId: string | null;
  /** Place of the token in its condition; null where no source told it, and for pUSD. */
  readonly outcomeIndex: number | null;
  /** Σ of everything final. */
  readonly total: bigint;
  /** Kept for live orders and granted requests. */
  readonly reserved: bigint;
  /** Going out with fills that may still fail. */
  readonly pendingOut: bigint;
  /** Coming in with fills that may still fail. */
  readonly pendingIn: bigint;
  /** Payout numerators of its condition, once that is resolved. */
  readonly payouts: readonly bigint[] | null;
  /** Whether an opening balance was declared: before, a pUSD total starts from an unknown. */
  readonly isOpened: boolean;
  /** Fills in these numbers whose fee no source stated. pUSD only. */
  readonly feesMissing: number;
  /** Live BUY orders that state no largest fee, so that none is kept for them. pUSD only. */
  readonly ordersWithoutMaxFee: number;
  /** What confirmed fills brought along that makes the numbers doubtful, as sorted codes. */
  readonly doubts: readonly string[];
};

const none: readonly string[] = [];

/** An asset that nothing has moved yet. */
export function emptyBalance(account: string, token: string | null): InventoryBalance {
  return {
    kind: 'balance',
    account,
    token,
    conditionId: null,
    outcomeIndex: null,
    total: 0n,
    reserved: 0n,
    pendingOut: 0n,
    pendingIn: 0n,
    payouts: null,
    isOpened: false,
    feesMissing: 0,
    ordersWithoutMaxFee: 0,
    doubts: none,
  };
}

/**
 * What a new order may use. Negative where facts went beyond it.
 * 2,000 held and 800 of them kept for a SELL order leave 1,200.
 */
export function freeOf(balance: InventoryBalance): bigint {
  return balance.total - balance.reserved - balance.pendingOut;
}

/**
 * The part of free that the resolved market pays for: all of it or nothing. Nothing, too, while
 * the token's place in its condition is unknown and the outcomes pay differently; `incompleteOf`
 * says so then.
 */
export function redeemableOf(balance: InventoryBalance): bigint {
  const free = freeOf(balance);
  return free > 0n && paysOf(balance) === true ? free : 0n;
}

/** Whether a share of the token is paid for; null where that is not known (yet). */
export function paysOf({ payouts, outcomeIndex }: InventoryBalance): boolean | null {
  if (payouts === null) return null;
  if (payouts.every((numerator) => numerator > 0n)) return true;
  if (outcomeIndex === null) return null;
  return (payouts[outcomeIndex] ?? 0n) > 0n;
}

/** What makes the numbers incomplete, as sorted reason codes; empty when nothing is missing. */
export function incompleteOf(balance: InventoryBalance): readonly string[] {
  const { doubts, token } = balance;
  const reasons = token === null ? cashReasons(balance) : tokenReasons(balance);
  if (reasons.length === 0) return doubts;
  return [...new Set([...doubts, ...reasons])].sort();
}

function cashReasons(balance: InventoryBalance): string[] {
  const reasons = [];
  if (!balance.isOpened) reasons.push('GOV_OPENING_BALANCE_UNKNOWN');
  if (balance.feesMissing > 0) reasons.push('PNL_REPORTER_FEE_MISSING');
  if (balance.ordersWithoutMaxFee > 0) reasons.push('GOV_ORDER_WITHOUT_MAX_FEE');
  if (isOversold(balance)) reasons.push('GOV_WALLET_OVERSOLD');
  return reasons;
}

function tokenReasons(balance: InventoryBalance): string[] {
  const reasons = [];
  if (balance.conditionId === null) reasons.push('GOV_CONDITION_UNKNOWN');
  if (balance.payouts !== null && paysOf(balance) === null) reasons.push('GOV_OUTCOME_UNKNOWN');
  if (isOversold(balance)) reasons.push('GOV_WALLET_OVERSOLD');
  return reasons;
}

/**
 * A total below zero: the venue knows no short wallet (rule B1). Of pUSD it says so only once the
 * opening balance is known.
 */
export function isOversold({ token, total, isOpened }: InventoryBalance): boolean {
  return total < 0n && (token !== null || isOpened);
}
