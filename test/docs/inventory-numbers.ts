/** The words of ```numbers lines about inventory (rule B10), each put to the code that books. */

import {
  emptyBalance,
  foldInventory,
  freeOf,
  type InventoryBalance,
  type InventoryChange,
  needOf,
  type OrderTerms,
  redeemableOf,
} from '@polytraders/domain';
import { formatMicros, priceOfRational, pusd } from '@polytraders/money';
import { exactPusd, exactRational, exactShares } from './exact.ts';

export type InventoryWords = {
  readonly form: string;
  readonly answer: (...values: string[]) => string;
};

export const inventoryWords: readonly InventoryWords[] = [
  {
    form: 'kept for SELL A, A left',
    answer: (quantity, left) => kept('SELL', quantity, '1', left),
  },
  {
    form: 'kept for BUY A at A with max fee A, A left',
    answer: (quantity, price, fee, left) => kept('BUY', quantity, price, left, fee),
  },
  {
    form: 'kept for BUY A at A without max fee, A left',
    answer: (quantity, price, left) => kept('BUY', quantity, price, left),
  },
  {
    form: 'free of A with A reserved and A going out',
    answer: (total, reserved, out) => formatMicros(freeOf(token(total, reserved, out))),
  },
  {
    form: 'redeemable of A free shares of outcome A at payouts W',
    answer: (free, outcome, payouts) => redeemable(free, Number(outcome), payouts),
  },
  {
    form: 'redeemable of A free shares of an unknown outcome at payouts W',
    answer: (free, payouts) => redeemable(free, null, payouts),
  },
  {
    form: 'request for A and a fee of at most A with A free',
    answer: (amount, fee, free) => request(amount, fee, free),
  },
  {
    form: 'request for A without a max fee with A free',
    answer: (amount, free) => request(amount, null, free),
  },
];

function kept(
  side: 'BUY' | 'SELL',
  quantity = '',
  price = '',
  left = '',
  fee: string | null = null,
): string {
  const terms: OrderTerms = {
    bot: 'mm',
    conditionId: null,
    token: '1',
    side,
    price: priceOfRational(exactRational(price)),
    quantity: exactShares(quantity),
    maxFee: fee === null ? null : exactPusd(fee),
    expiresAt: null,
  };
  return formatMicros(needOf(terms, exactShares(left)));
}

function token(total = '', reserved = '', pendingOut = ''): InventoryBalance {
  return {
    ...emptyBalance('0xa', '1'),
    total: exactShares(total),
    reserved: exactShares(reserved),
    pendingOut: exactShares(pendingOut),
  };
}

function redeemable(free = '', outcomeIndex: number | null, payouts = ''): string {
  const balance = {
    ...token(free, '0', '0'),
    outcomeIndex,
    payouts: payouts.split('-').map(BigInt),
  };
  return formatMicros(redeemableOf(balance));
}

/** Asked of an account that has so much free. */
function request(amount = '', fee: string | null, free = ''): string {
  const cash = { ...emptyBalance('0xa', null), total: exactPusd(free), isOpened: true };
  const value = {
    reservation_id: 'r',
    account: '0xa',
    trading_bot_id: 'mm',
    token_id: null,
    quantity_shares: null,
    amount_pusd: pusd(exactPusd(amount)),
    max_fee_pusd: fee === null ? null : exactPusd(fee),
    expires_at: 1,
  };
  const get = (key: string) => (key === 'balance|0xa|' ? cash : undefined);
  const folded = foldInventory({ get }, { type: 'ReservationRequested', value }, 0);
  const list: readonly InventoryChange[] = folded.outcome === 'applied' ? folded.changes : [];
  const found = list.find((change) => change.kind === 'reservation');
  if (found?.kind !== 'reservation') return 'nothing';
  const { state, reason } = found.reservation;
  return state === 'pending' ? 'granted' : `refused, ${String(reason)}`;
}
