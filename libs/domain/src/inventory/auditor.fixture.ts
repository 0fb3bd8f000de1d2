/**
 * An auditor of inventory that shares no code with it: it keeps lists of what was said and adds
 * them up anew for every question, from rule B10 as it is written. Slow on purpose, and with no
 * running sum that could go wrong in the same way.
 */

import { type InventoryEvent } from './events.ts';

type AuditedOrder = {
  account: string;
  side: string;
  token: string;
  condition: string | null;
  price: bigint;
  quantity: bigint;
  maxFee: bigint | null;
  deadline: number | null;
};
type AuditedFill = {
  account: string;
  order: string | null;
  token: string;
  side: string;
  quantity: bigint;
  cash: bigint;
  /** Nobody has said what it costs yet. */
  isFeeOpen: boolean;
  isFinal: boolean;
};
type AuditedRequest = { account: string; token: string | null; amount: bigint; until: number };

export type Audited = {
  readonly total: bigint;
  readonly reserved: bigint;
  readonly pendingOut: bigint;
  readonly pendingIn: bigint;
};

export type Auditor = {
  readonly hear: (event: InventoryEvent) => void;
  readonly balance: (account: string, token: string | null) => Audited;
  /** Whether a request was granted. */
  readonly isGranted: (id: string) => boolean;
  /** Orders that kept something when they should have ended long before. */
  readonly lost: () => number;
};

const ONE = 10n ** 18n;

function roundUp(numerator: bigint, denominator: bigint): bigint {
  const whole = numerator / denominator;
  return whole * denominator === numerator ? whole : whole + 1n;
}

export function createAuditor(): Auditor {
  const orders = new Map<string, AuditedOrder>();
  const ended = new Set<string>();
  const fills = new Map<string, AuditedFill>();
  const gone = new Set<string>();
  const fillsOf = new Map<string, Set<string>>();
  const liveOf = new Map<string, Set<string>>();
  const openFillsOf = new Map<string, Set<string>>();
  const requests = new Map<string, AuditedRequest>();
  const granted = new Set<string>();
  const resolved = new Set<string>();
  const awaited = new Set<string>();
  const marketOf = new Map<string, string | null>();
  const finals = new Map<string, bigint>();
  let lost = 0;

  const group = (map: Map<string, Set<string>>, key: string): Set<string> => {
    const set = map.get(key) ?? new Set<string>();
    map.set(key, set);
    return set;
  };
  const addFinal = (account: string, token: string | null, amount: bigint): void => {
    const key = `${account}/${token ?? 'cash'}`;
    finals.set(key, (finals.get(key) ?? 0n) + amount);
  };

  function openPart(id: string, order: AuditedOrder): bigint {
    let filled = 0n;
    for (const one of fillsOf.get(id) ?? []) filled += fills.get(one)?.quantity ?? 0n;
    return filled >= order.quantity ? 0n : order.quantity - filled;
  }

  function need(id: string, order: AuditedOrder): bigint {
    const left = openPart(id, order);
    if (order.side === 'SELL') return left;
    const fee = order.maxFee === null ? 0n : roundUp(order.maxFee * left, order.quantity);
    return roundUp(order.price * left, ONE) + fee;
  }

  /** What pending fills may still cost beside what they say and what their orders reserve. */
  function stillToCome(account: string): bigint {
    const byOrder = new Map<string, AuditedFill[]>();
    for (const id of openFillsOf.get(account) ?? []) {
      const fill = fills.get(id);
      if (fill === undefined || fill.order === null) continue;
      byOrder.set(fill.order, [...(byOrder.get(fill.order) ?? []), fill]);
    }
    let sum = 0n;
    for (const [id, list] of byOrder) {
      const order = orders.get(id);
      if (order?.side !== 'BUY') continue;
      const isOpen = liveOf.get(account)?.has(id) === true;
      const left = isOpen ? openPart(id, order) : 0n;
      const total = (some: readonly AuditedFill[]) =>
        some.reduce((all, one) => all + one.quantity, 0n);
      const capped = (part: bigint) => (part > order.quantity ? order.quantity : part);
      const feeUpTo = (part: bigint) => roundUp((order.maxFee ?? 0n) * part, order.quantity);
      const costUpTo = (part: bigint) => roundUp(order.price * part, ONE) + feeUpTo(part);
      const untold =
        feeUpTo(capped(left + total(list.filter((one) => one.isFeeOpen)))) - feeUpTo(left);
      const paid = list.reduce((all, one) => all - one.cash, 0n);
      const again = isOpen ? costUpTo(capped(left + total(list))) - costUpTo(left) - paid : 0n;
      sum += again > untold ? again : untold;
    }
    return sum;
  }

  function balance(account: string, token: string | null): Audited {
    let reserved = 0n;
    for (const id of liveOf.get(account) ?? []) {
      const order = orders.get(id);
      if (order !== undefined && (order.side === 'SELL' ? order.token : null) === token) {
        reserved += need(id, order);
      }
    }
    for (const request of requests.values()) {
      if (request.account === account && request.token === token) reserved += request.amount;
    }
    let [pendingOut, pendingIn] = [token === null ? stillToCome(account) : 0n, 0n];
    for (const id of openFillsOf.get(account) ?? []) {
      const fill = fills.get(id);
      if (fill === undefined) continue;
      const shares = fill.side === 'BUY' ? fill.quantity : -fill.quantity;
      const moved = token === null ? fill.cash : fill.token === token ? shares : 0n;
      if (moved < 0n) pendingOut -= moved;
      else pendingIn += moved;
    }
    const total = finals.get(`${account}/${token ?? 'cash'}`) ?? 0n;
    return { total, reserved, pendingOut, pendingIn };
  }

  function settle(fill: AuditedFill, sign: bigint): void {
    const shares = fill.side === 'BUY' ? fill.quantity : -fill.quantity;
    addFinal(fill.account, fill.token, sign * shares);
    addFinal(fill.account, null, sign * fill.cash);
  }

  function drop(id: string): void {
    const fill = fills.get(id);
    gone.add(id);
    if (fill === undefined) return;
    if (fill.isFinal) settle(fill, -1n);
    fills.delete(id);
    openFillsOf.get(fill.account)?.delete(id);
    if (fill.order !== null) fillsOf.get(fill.order)?.delete(id);
  }

  function endOrder(id: string): void {
    ended.add(id);
    const order = orders.get(id);
    if (order !== undefined) liveOf.get(order.account)?.delete(id);
  }

  function hearFill(event: Extract<InventoryEvent, { type: 'FillMatched' | 'FillConfirmed' }>) {
    const { value } = event;
    const isFinal = event.type === 'FillConfirmed';
    if (gone.has(value.fill_id) || fills.get(value.fill_id)?.isFinal === true) return;
    const byBps = value.fee_bps === null ? 0n : (value.size_pusd * BigInt(value.fee_bps)) / 10_000n;
    const fee = value.fee_pusd ?? byBps;
    const fill: AuditedFill = {
      account: value.account,
      order: value.order_id,
      token: value.token_id,
      side: value.order_side,
      quantity: value.quantity_shares,
      cash: value.order_side === 'BUY' ? -value.size_pusd - fee : value.size_pusd - fee,
      isFeeOpen: value.fee_pusd === null && value.fee_bps === null,
      isFinal,
    };
    fills.set(value.fill_id, fill);
    if (fill.order !== null) group(fillsOf, fill.order).add(value.fill_id);
    if (!isFinal) {
      group(openFillsOf, fill.account).add(value.fill_id);
      return;
    }
    openFillsOf.get(fill.account)?.delete(value.fill_id);
    settle(fill, 1n);
  }

  function hearRequest({ value }: Extract<InventoryEvent, { type: 'ReservationRequested' }>) {
    const { account, token_id: token, max_fee_pusd: fee } = value;
    const amount = token === null ? (value.amount_pusd ?? 0n) + (fee ?? 0n) : value.quantity_shares;
    const { total, reserved, pendingOut } = balance(account, token);
    if (amount === null || (token === null && fee === null)) return;
    if (token !== null && isOver(token)) return;
    if (amount > total - reserved - pendingOut) return;
    granted.add(value.reservation_id);
    requests.set(value.reservation_id, { account, token, amount, until: value.expires_at });
  }

  function hearOrder({ value }: Extract<InventoryEvent, { type: 'OrderOpened' }>): void {
    orders.set(value.order_id, {
      account: value.account,
      side: value.order_side,
      token: value.token_id,
      condition: value.condition_id,
      price: value.price,
      quantity: value.quantity_shares,
      maxFee: value.max_fee_pusd,
      deadline: value.expires_at,
    });
    if (value.reservation_id !== null) requests.delete(value.reservation_id);
    marketOf.set(value.token_id, value.condition_id);
    if (ended.has(value.order_id)) return;
    if (isOver(value.token_id)) awaited.add(value.order_id);
    else group(liveOf, value.account).add(value.order_id);
  }

  function isOver(token: string): boolean {
    return resolved.has(marketOf.get(token) ?? '');
  }

  function hearResolution(condition: string): void {
    resolved.add(condition);
    for (const [id, request] of requests) {
      if (request.token !== null && isOver(request.token)) requests.delete(id);
    }
    for (const ids of liveOf.values()) {
      for (const id of [...ids]) {
        if (orders.get(id)?.condition !== condition) continue;
        ids.delete(id);
        awaited.add(id);
      }
    }
  }

  function hearTime(to: number): void {
    for (const id of awaited) {
      const order = orders.get(id);
      if (!ended.has(id) && order !== undefined && openPart(id, order) > 0n) lost += 1;
      awaited.delete(id);
      ended.add(id);
    }
    for (const [id, request] of requests) if (request.until <= to) requests.delete(id);
    for (const ids of liveOf.values()) {
      for (const id of [...ids]) {
        const order = orders.get(id);
        if (order === undefined || order.deadline === null || order.deadline > to) continue;
        if (openPart(id, order) > 0n) lost += 1;
        endOrder(id);
      }
    }
  }

  function hear(event: InventoryEvent): void {
    switch (event.type) {
      case 'OrderOpened':
        return hearOrder(event);
      case 'OrderClosed':
        return endOrder(event.value.order_id);
      case 'FillMatched':
      case 'FillConfirmed':
        return hearFill(event);
      case 'FillFailed':
      case 'FillReversed':
        return drop(event.value.fill_id);
      case 'ReservationRequested':
        return hearRequest(event);
      case 'TimeAdvanced':
        return hearTime(event.value.to);
      case 'MarketResolved':
        return hearResolution(event.value.condition_id);
      case 'TokensTransferred': {
        const { account, token_id: token, quantity_shares: quantity } = event.value;
        marketOf.set(token, event.value.condition_id);
        return addFinal(account, token, event.value.direction === 'IN' ? quantity : -quantity);
      }
      case 'CashMoved':
        return addFinal(event.value.account, null, event.value.amount_pusd);
      case 'OpeningBalance': {
        const { account, balance_pusd, positions } = event.value;
        addFinal(account, null, balance_pusd);
        for (const one of positions) addFinal(account, one.token_id, one.quantity_shares);
        return;
      }
      default:
        throw new Error(`The auditor was never told what ${event.type} is.`);
    }
  }

  return { hear, balance, isGranted: (id) => granted.has(id), lost: () => lost };
}
