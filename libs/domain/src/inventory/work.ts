/**
 * What one event changes, gathered: entities over those that were looked up, and at the end the
 * balances and reservations that are no longer as they were, with the alarms that follow from that.
 *
 * Everything that is kept goes through `keep`, so that `reserved` of a balance is the sum of what
 * its reservations keep and cannot be anything else.
 */

import {
  emptyBalance,
  freeOf,
  incompleteOf,
  type InventoryBalance,
  isOversold,
  redeemableOf,
} from './balance.ts';
import { judgeOutcome, type TokenProofs } from '../token-proofs.ts';
import { EMPTY_LIVE_INDEX, type LiveIndex } from './live-index.ts';
import {
  isSameReservation,
  type Reservation,
  reservationOfOrder,
  reservationOfRequest,
} from './reservation.ts';
import {
  balanceKey,
  type InventoryEntity,
  type InventoryMarket,
  liveKey,
  marketKey,
  type TokenPlace,
  tokenKey,
} from './state.ts';

export type InventoryLookup = { readonly get: (key: string) => InventoryEntity | undefined };
/** The place of a token in its condition, as its id proves it; null where the id does not. */
export type OutcomeOf = TokenProofs['outcomeOf'];
export type InventoryPut = {
  readonly key: string;
  readonly entity: InventoryEntity | undefined;
};

export type InventoryAlarm = {
  readonly code: 'GOV_INVENTORY_INSUFFICIENT' | 'GOV_RESERVATION_LEAK' | 'GOV_WALLET_OVERSOLD';
  readonly account: string;
  readonly bot: string | null;
  readonly token: string | null;
  readonly orderId: string | null;
  readonly reservationId: string | null;
  /** What is left: free, or the total of an oversold wallet. Null where it is not about that. */
  readonly left: bigint | null;
  /** What was asked for, or was still kept. Null where it is not about that. */
  readonly amount: bigint | null;
};

export type InventoryChange =
  | { readonly kind: 'balance'; readonly balance: InventoryBalance }
  | { readonly kind: 'reservation'; readonly reservation: Reservation }
  | { readonly kind: 'alarm'; readonly alarm: InventoryAlarm };

export type Work = {
  readonly partition: number;
  readonly outcomeOf: OutcomeOf;
  /** The exchange's cap on a whole fee, in basis points; 0 caps nothing. */
  readonly exchangeBpsMax: number;
  readonly get: (key: string) => InventoryEntity | undefined;
  /** `was` is what it replaces, where that was looked up under another key. */
  readonly put: (key: string, entity: InventoryEntity | undefined, was?: InventoryEntity) => void;
  readonly balance: (account: string, token: string | null) => InventoryBalance;
  readonly live: () => LiveIndex;
  readonly putLive: (index: LiveIndex) => void;
  readonly alarm: (alarm: InventoryAlarm) => void;
  readonly puts: () => readonly InventoryPut[];
  readonly changes: () => readonly InventoryChange[];
};

/** An empty work over what was looked up. */
export function createWork(
  lookup: InventoryLookup,
  partition: number,
  outcomeOf: OutcomeOf,
  exchangeBpsMax: number,
): Work {
  const changed = new Map<string, InventoryEntity | undefined>();
  const replaced = new Map<string, InventoryEntity>();
  const alarms: InventoryAlarm[] = [];
  const get = (key: string): InventoryEntity | undefined =>
    changed.has(key) ? changed.get(key) : lookup.get(key);
  return {
    partition,
    outcomeOf,
    exchangeBpsMax,
    get,
    put: (key, entity, was) => {
      if (was !== undefined && !replaced.has(key)) replaced.set(key, was);
      changed.set(key, entity);
    },
    balance: (account, token) => {
      const found = get(balanceKey(account, token));
      return found?.kind === 'balance' ? found : emptyBalance(account, token);
    },
    live: () => {
      const found = get(liveKey(partition));
      return found?.kind === 'live' ? found : EMPTY_LIVE_INDEX;
    },
    putLive: (index) => {
      changed.set(liveKey(partition), index);
    },
    alarm: (alarm) => {
      alarms.push(alarm);
    },
    puts: () => [...changed].map(([key, entity]) => ({ key, entity })),
    changes: () => {
      const list: InventoryChange[] = [];
      const more: InventoryAlarm[] = [];
      for (const [key, entity] of changed) {
        compare(list, more, replaced.get(key) ?? before(lookup, key, entity), entity);
      }
      for (const alarm of [...alarms, ...more]) list.push({ kind: 'alarm', alarm });
      return list;
    },
  };
}

/** Only entities that are shown outside are compared: others need not have been looked up. */
function before(
  lookup: InventoryLookup,
  key: string,
  entity: InventoryEntity | undefined,
): InventoryEntity | undefined {
  const isShown = entity?.kind === 'balance' || entity?.kind === 'request';
  return isShown ? lookup.get(key) : entity;
}

function compare(
  list: InventoryChange[],
  alarms: InventoryAlarm[],
  was: InventoryEntity | undefined,
  is: InventoryEntity | undefined,
): void {
  if (is === undefined || is === was) return;
  if (is.kind === 'balance') {
    const old = was?.kind === 'balance' ? was : emptyBalance(is.account, is.token);
    if (was === undefined || !isSameBalance(old, is)) list.push({ kind: 'balance', balance: is });
    alarms.push(...crossings(old, is));
    return;
  }
  const reservation = viewOf(is);
  if (reservation === null || isSameReservation(viewOf(was), reservation)) return;
  list.push({ kind: 'reservation', reservation });
}

function viewOf(entity: InventoryEntity | undefined): Reservation | null {
  if (entity?.kind === 'order') return reservationOfOrder(entity);
  return entity?.kind === 'request' ? reservationOfRequest(entity) : null;
}

/** Whether two balances show the outside the same. */
export function isSameBalance(a: InventoryBalance, b: InventoryBalance): boolean {
  return (
    a.total === b.total &&
    a.reserved === b.reserved &&
    a.pendingOut === b.pendingOut &&
    a.pendingIn === b.pendingIn &&
    a.conditionId === b.conditionId &&
    redeemableOf(a) === redeemableOf(b) &&
    incompleteOf(a).join() === incompleteOf(b).join()
  );
}

/** Alarms of a balance: when free, or the total, turns negative; not while it stays so. */
function crossings(was: InventoryBalance, is: InventoryBalance): InventoryAlarm[] {
  const about = { account: is.account, bot: null, token: is.token, orderId: null };
  const rest = { ...about, reservationId: null, amount: null };
  const alarms: InventoryAlarm[] = [];
  if (freeOf(was) >= 0n && freeOf(is) < 0n) {
    alarms.push({ ...rest, code: 'GOV_INVENTORY_INSUFFICIENT', left: freeOf(is) });
  }
  if (!isOversold(was) && isOversold(is)) {
    alarms.push({ ...rest, code: 'GOV_WALLET_OVERSOLD', left: is.total });
  }
  return alarms;
}

/** What an event adds to a balance. */
export type Moves = {
  readonly total?: bigint;
  readonly pendingOut?: bigint;
  readonly pendingIn?: bigint;
  readonly feesMissing?: number;
  readonly doubts?: readonly string[];
};

/** What a source says of a token besides its id. */
export type TokenFacts = {
  readonly conditionId: string | null;
  readonly outcomeIndex?: number | null;
};

/** Moves pUSD of an account. */
export function moveCash(work: Work, account: string, moves: Moves): void {
  work.put(balanceKey(account, null), moved(work.balance(account, null), moves));
}

/**
 * Moves shares of an account, and says to which condition they belong; `facts` is null where an
 * event takes back what another had moved.
 */
export function moveToken(
  work: Work,
  account: string,
  token: string,
  facts: TokenFacts | null,
  moves: Moves,
): void {
  const balance = work.balance(account, token);
  const known = facts === null ? balance : placed(work, balance, token, facts);
  work.put(balanceKey(account, token), moved(known, moves));
}

function moved(balance: InventoryBalance, moves: Moves): InventoryBalance {
  const more = (moves.doubts ?? []).filter((code) => !balance.doubts.includes(code));
  return {
    ...balance,
    total: balance.total + (moves.total ?? 0n),
    pendingOut: balance.pendingOut + (moves.pendingOut ?? 0n),
    pendingIn: balance.pendingIn + (moves.pendingIn ?? 0n),
    feesMissing: balance.feesMissing + (moves.feesMissing ?? 0),
    doubts: more.length === 0 ? balance.doubts : [...balance.doubts, ...more].sort(),
  };
}

/** Keeps `amount` more of an asset, or less where negative. */
export function keep(
  work: Work,
  account: string,
  token: string | null,
  amount: bigint,
  ordersWithoutMaxFee = 0,
): void {
  if (amount === 0n && ordersWithoutMaxFee === 0) return;
  const was = work.balance(account, token);
  work.put(balanceKey(account, token), {
    ...was,
    reserved: was.reserved + amount,
    ordersWithoutMaxFee: was.ordersWithoutMaxFee + ordersWithoutMaxFee,
  });
}

/** The balance with its condition and outcome, and the market with its holder. */
function placed(
  work: Work,
  balance: InventoryBalance,
  token: string,
  facts: TokenFacts,
): InventoryBalance {
  const outcomeIndex = balance.outcomeIndex ?? facts.outcomeIndex ?? null;
  if (balance.conditionId !== null) return { ...balance, outcomeIndex };
  const conditionId = conditionOf(work, token, facts.conditionId);
  if (conditionId === null) {
    waitForCondition(work, balance.account, token);
    return { ...balance, outcomeIndex };
  }
  const market = marketOf(work, conditionId);
  return held(work, market, { ...balance, outcomeIndex }, token);
}

/** The condition as the event says it, else as the token's definition did. */
export function conditionOf(work: Work, token: string, said: string | null): string | null {
  return said ?? placeOf(work, token)?.conditionId ?? null;
}

function placeOf(work: Work, token: string): TokenPlace | null {
  const place = work.get(tokenKey(work.partition, token));
  return place?.kind === 'token' ? place : null;
}

function waitForCondition(work: Work, account: string, token: string): void {
  const accounts = placeOf(work, token)?.accounts ?? [];
  if (accounts.includes(account)) return;
  const place: TokenPlace = {
    kind: 'token',
    token,
    conditionId: null,
    accounts: [...accounts, account],
  };
  work.put(tokenKey(work.partition, token), place);
}

/** The market of a condition in this partition, new where it was never heard of. */
export function marketOf(work: Work, conditionId: string): InventoryMarket {
  const found = work.get(marketKey(work.partition, conditionId));
  if (found?.kind === 'market') return found;
  return { kind: 'market', conditionId, tokens: [], payouts: null, holders: [] };
}

/** The balance as one of the market; the market remembers who holds it. */
export function held(
  work: Work,
  market: InventoryMarket,
  balance: InventoryBalance,
  token: string,
): InventoryBalance {
  const { account } = balance;
  const isKnown = market.holders.some((one) => one.account === account && one.token === token);
  if (!isKnown) {
    const holders = [...market.holders, { account, token }];
    work.put(marketKey(work.partition, market.conditionId), { ...market, holders });
  }
  const at = market.tokens.indexOf(token);
  const outcomeIndex = at === -1 ? balance.outcomeIndex : at;
  const placedBalance = { ...balance, conditionId: market.conditionId, outcomeIndex };
  return market.payouts === null ? placedBalance : resolved(work, placedBalance, market.payouts);
}

/**
 * The balance of a token whose condition is resolved. Which outcome it is matters only now, so its
 * id is asked now: what that proves wins over what was told.
 */
export function resolved(
  work: Work,
  balance: InventoryBalance,
  payouts: readonly bigint[],
): InventoryBalance {
  const { conditionId, token } = balance;
  if (conditionId === null || token === null) return { ...balance, payouts };
  const proven = work.outcomeOf(conditionId, token);
  const { outcome: outcomeIndex, isContradicted } = judgeOutcome(proven, balance.outcomeIndex);
  const doubts = isContradicted ? ['GOV_OUTCOME_MISMATCH'] : [];
  return { ...moved(balance, { doubts }), payouts, outcomeIndex };
}
