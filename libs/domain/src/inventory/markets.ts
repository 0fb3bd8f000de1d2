/**
 * Markets and time: what a definition says of tokens, what a resolution and a deadline end. Both
 * sweep (rule B10): no reservation outlives its order.
 *
 * At its deadline an order that is live has lost its terminal event: the venue ends those with an
 * expiry a minute before it. At a resolution it is released, and its terminal event is expected
 * behind the resolution; the next time that passes finds those where it did not come.
 */

import { type MarketNews, type Resolution } from './events.ts';
import { dueItems, type LiveItem, liveItems } from './live-index.ts';
import { remainingOf } from './order.ts';
import { sweepOrder } from './orders.ts';
import { endRequest } from './requests.ts';
import { balanceKey, type InventoryMarket, marketKey, tokenKey } from './state.ts';
import { held, marketOf, resolved, type Work } from './work.ts';

/**
 * Remembers the tokens of a market, and whose they are, and those of the other questions of its
 * event: a conversion gives YES of questions that nobody has traded. False where that was known,
 * and where it contradicts what was told first, which stays.
 */
export function defineMarket(work: Work, news: MarketNews): boolean {
  const { condition_id: conditionId } = news;
  const market = marketOf(work, conditionId);
  const named = news.tokens.map((token) => token.token_id);
  // A file's columns come in the order of its rows: no token's place can be read from them.
  const tokens = news.synthesised ? market.tokens : named;
  const isOther = market.tokens.length > 0 && tokens.join() !== market.tokens.join();
  if (isOther) return false;
  const isNew = tokens.join() !== market.tokens.join();
  if (isNew) work.put(marketKey(work.partition, conditionId), { ...market, tokens });
  const isLinked = linkTokens(work, conditionId, named);
  const isOthers = news.questions.map(({ condition_id: other, yes_token_id, no_token_id }) => {
    const pair = [yes_token_id, no_token_id];
    const isLinkedNow = linkTokens(work, other, pair);
    if (isLinkedNow) sweepDefined(work, other, pair);
    return isLinkedNow;
  });
  if (isNew)
    for (const { account, token } of market.holders) relink(work, conditionId, account, token);
  if (isNew || isLinked) sweepDefined(work, conditionId, named);
  return isNew || isLinked || isOthers.includes(true);
}

/** What named no condition, and turns out to live in a market that is resolved, is over. */
function sweepDefined(work: Work, conditionId: string, named: readonly string[]): void {
  const items = itemsOfDefined(work, marketOf(work, conditionId), named);
  for (const item of items) end(work, item, 'RESOLVED');
}

/** What is live in a resolved market, by the tokens that a definition names, too. */
export function itemsOfDefined(
  work: Pick<Work, 'live'>,
  market: InventoryMarket,
  named: readonly string[],
): readonly LiveItem[] {
  if (market.payouts === null) return [];
  return itemsOfMarket(work, { ...market, tokens: [...market.tokens, ...named] });
}

/** False where all of them had their condition before. */
function linkTokens(work: Work, conditionId: string, tokens: readonly string[]): boolean {
  return tokens.map((token) => linkToken(work, conditionId, token)).includes(true);
}

function linkToken(work: Work, conditionId: string, token: string): boolean {
  const key = tokenKey(work.partition, token);
  const place = work.get(key);
  if (place?.kind === 'token' && place.conditionId !== null) return false;
  const accounts = place?.kind === 'token' ? place.accounts : [];
  work.put(key, { kind: 'token', token, conditionId, accounts: [] });
  for (const account of accounts) {
    if (work.balance(account, token).conditionId === null)
      relink(work, conditionId, account, token);
  }
  return true;
}

function relink(work: Work, conditionId: string, account: string, token: string): void {
  const balance = work.balance(account, token);
  work.put(balanceKey(account, token), held(work, marketOf(work, conditionId), balance, token));
}

/** The market pays: its free shares are redeemable and its orders are over. False if known. */
export function resolveMarket(work: Work, resolution: Resolution): boolean {
  const { condition_id: conditionId } = resolution;
  const market = marketOf(work, conditionId);
  if (market.payouts !== null) return false;
  const payouts = resolution.payout_numerators.map(BigInt);
  work.put(marketKey(work.partition, conditionId), { ...market, payouts });
  for (const { account, token } of market.holders) {
    const balance = resolved(work, work.balance(account, token), payouts);
    work.put(balanceKey(account, token), balance);
  }
  for (const item of itemsOfMarket(work, market)) end(work, item, 'RESOLVED');
  return true;
}

/** Everything whose deadline has passed is over. False where nothing was. */
export function advanceTime(work: Work, to: number): boolean {
  const due = dueItems(work.live(), to);
  for (const item of due) end(work, item, 'EXPIRED');
  return due.length > 0;
}

/** What is live in a market, by its condition or by one of its tokens. */
export function itemsOfMarket(
  work: Pick<Work, 'live'>,
  market: InventoryMarket,
): readonly LiveItem[] {
  const tokens = new Set([...market.tokens, ...market.holders.map((holder) => holder.token)]);
  return liveItems(
    work.live(),
    ({ token, conditionId }) =>
      conditionId === market.conditionId || (token !== null && tokens.has(token)),
  );
}

function end(work: Work, item: LiveItem, why: 'RESOLVED' | 'EXPIRED'): void {
  const entity = work.get(item.key);
  if (entity?.kind === 'request') {
    if (why === 'EXPIRED') endRequest(work, entity, 'expired', 'GOV_RESERVATION_EXPIRED');
    else endRequest(work, entity, 'voided', 'GOV_MARKET_RESOLVED');
  }
  if (entity?.kind !== 'order' || entity.swept === why) return;
  const isLost = why === 'EXPIRED' && entity.swept === 'RESOLVED';
  const kept = sweepOrder(work, entity, isLost ? 'LOST' : why);
  // Filled in full it keeps nothing and has ended by that, whether or not somebody says so.
  if (why === 'RESOLVED' || remainingOf(entity) === 0n) return;
  work.alarm({
    code: 'GOV_RESERVATION_LEAK',
    account: entity.account,
    bot: entity.terms?.bot ?? null,
    token: item.keeps,
    orderId: entity.orderId,
    reservationId: entity.reservationId,
    left: null,
    amount: isLost ? null : kept,
  });
}
