/**
 * Where a holding belongs: beside it, the index of its market is put when it is new or its
 * condition becomes known, and never by the fills after that (a rebuild of a million fills pays for
 * nothing else).
 *
 * A holding whose condition nobody has told is kept under its token; a definition finds it there.
 */

import { judgeOutcome, payoutOf } from '@polytraders/domain';
import { type Lookup, type Put } from '@polytraders/stream';
import {
  type Book,
  type Entity,
  type Holding,
  holdingKey,
  type Market,
  marketKey,
  NEW_HOLDING,
  NEW_MARKET,
  NEW_TOKEN,
  type OutcomeMark,
  type Settled,
  type Token,
  tokenKey,
  withReason,
} from './entities.ts';
import { provenOutcome } from './proofs.ts';

/** A holding's name, and the condition that the event tells of its token. */
export type Name = {
  readonly partition: number;
  readonly account: string;
  readonly token: string;
  readonly told: string | null;
};

export type Placed = {
  readonly holding: Holding;
  readonly puts: readonly Put<Entity>[];
};

/** Whether nothing is to be put beside the holding: true of every fill but the first. */
export function isPlaced(found: Holding | undefined, told: string | null): boolean {
  return found !== undefined && (found.conditionId !== null || told === null);
}

/** Keys that `place` looks up, besides the token's own, as far as the holding tells. */
export function placeKeys(lookup: Lookup<Entity>, name: Name): readonly string[] {
  const { partition, account, token, told } = name;
  const found = lookup.get(holdingKey(account, token)) as Holding | undefined;
  if (isPlaced(found, told)) return [];
  const own = tokenKey(partition, token);
  const condition = told ?? (lookup.get(own) as Token | undefined)?.conditionId ?? null;
  if (condition === null) return [own];
  const market = marketKey(partition, condition);
  return found === undefined && told !== null ? [market] : [market, own];
}

/** Below every offset of the log. */
const NOT_REBASED = -1;

/** The holding with its condition, and what is put beside it. */
export function place(
  state: Lookup<Entity>,
  found: Holding | undefined,
  { partition, account, token, told }: Name,
): Placed {
  const before = found ?? NEW_HOLDING;
  const own = tokenKey(partition, token);
  // A new holding of a known condition waits nowhere, so its token need not be looked up.
  const isNewAndTold = found === undefined && told !== null;
  const known = isNewAndTold ? undefined : (state.get(own) as Token | undefined);
  const conditionId = told ?? known?.conditionId ?? null;
  if (conditionId === null) {
    const waiting = known ?? NEW_TOKEN;
    if (waiting.accounts.includes(account)) return { holding: before, puts: [] };
    // As rows bring them back: a restart must find the same order.
    const accounts = [...waiting.accounts, account].sort();
    return { holding: before, puts: [{ key: own, entity: { ...waiting, accounts } }] };
  }
  const key = marketKey(partition, conditionId);
  const market = (state.get(key) ?? NEW_MARKET) as Market;
  const puts: Put<Entity>[] = [{ key, entity: withMember(market, account, token) }];
  if (known?.accounts.includes(account) === true)
    puts.push({ key: own, entity: withoutAccount(known, account) });
  const { settled: paid, mark } = settledOf(market, conditionId, token);
  // Lots that were there before their condition was told keep their cost: nothing re-based them.
  const settled = paid === null || found === undefined ? paid : { ...paid, offset: NOT_REBASED };
  const placed: Holding = { ...before, conditionId, settled };
  return { holding: mark === null ? placed : marked(placed, mark), puts };
}

/** The market with one more holding of a token of it. */
export function withMember(market: Market, account: string, token: string): Market {
  const isThere = market.members.some((one) => one.account === account && one.token === token);
  if (isThere) return market;
  return { ...market, members: [...market.members, { account, token }] };
}

/** The token without an account that waited for its condition. */
export function withoutAccount(token: Token, account: string): Token {
  return { ...token, accounts: token.accounts.filter((one) => one !== account) };
}

/** What a token of a resolved market pays, and what is wrong with that; null where neither. */
export type Settlement = { readonly settled: Settled | null; readonly mark: OutcomeMark | null };

const unresolved: Settlement = { settled: null, mark: null };
const unknown: Settlement = { settled: null, mark: 'GOV_OUTCOME_UNKNOWN' };

/**
 * By the outcome that the token's id proves, else by the definition (B5). One that was made from a
 * file has its tokens in the order of the rows: that says nothing of which is which.
 */
export function settledOf(market: Market, conditionId: string, token: string): Settlement {
  const { resolution } = market;
  if (resolution === null) return unresolved;
  const at = market.synthesised ? -1 : market.tokens.indexOf(token);
  const told = at === -1 ? null : at;
  const { outcome, isContradicted } = judgeOutcome(provenOutcome(conditionId, token), told);
  const payout = outcome === null ? null : payoutOf(resolution.numerators, outcome);
  if (payout === null) return unknown;
  const settled = { payout, offset: resolution.offset };
  return { settled, mark: isContradicted ? 'GOV_OUTCOME_MISMATCH' : null };
}

/** The holding with a mark, which each of its books has, too. */
export function marked(holding: Holding, mark: OutcomeMark): Holding {
  if (holding.marks.includes(mark)) return holding;
  const books = holding.books.map((book): Book => {
    const incomplete = withReason(book.incomplete, mark);
    return incomplete === book.incomplete ? book : { ...book, incomplete };
  });
  return { ...holding, marks: withReason(holding.marks, mark), books };
}

/** The holding with this book in place of the one of the same bot, or beside the others. */
export function withBook(holding: Holding, book: Book, shares = holding.shares): Holding {
  const { oversoldAt, conditionId, settled, marks } = holding;
  const books = holding.books.slice();
  const at = books.findIndex((one) => one.bot === book.bot);
  books[at === -1 ? books.length : at] = book;
  return { kind: 'holding', shares, oversoldAt, conditionId, settled, marks, books };
}

export function markOversold(book: Book): Book {
  return { ...book, incomplete: withReason(book.incomplete, 'GOV_WALLET_OVERSOLD') };
}
