/**
 * Does the inventory say what the messages and the chain meant? Totals come from the accountant's
 * wallets, what is kept from its open orders, jobs from the numbers of the day's resolutions; the
 * facts come from the tables. Each difference is a sentence with both numbers in it.
 */

import { type Step } from '@polytraders/testkit/generator';
import { type Check, claim, counts, type IsMoved, same } from './cross-check.ts';
import { type BookFact } from './facts.ts';
import { type BalanceFact, type InventoryFacts } from './inventory-facts.ts';
import { type Settled } from './scene.ts';

/** What must hold of any inventory, whatever was streamed into it. */
export function checkInventory(facts: InventoryFacts): Check[] {
  return [
    claim('free + reserved + pending out = total (SQL)', facts.unlikeTotal, 'is not'),
    claim('no reservation is kept for an order that ended (SQL)', facts.deadKept, 'is'),
    claim('each movement is on the log once', facts.movementsRepeated, 'is there again'),
  ];
}

/** What must hold of the generated day, besides. */
export function checkSettled(
  settled: Settled,
  facts: InventoryFacts,
  books: readonly BookFact[],
): Check[] {
  const refused = facts.reservations.find(({ state }) => state === 'refused')?.count ?? 0;
  return [
    ...checkBalances(settled, facts.balances),
    counts('movements on the log, by type', movementsOf(settled), facts.movements),
    same('requests refused', settled.evening.refused, refused),
    ...checkJobs(settled, facts),
    checkCash(settled, books),
    checkShares(settled, books),
  ];
}

/** Books that something besides fills has moved: of resolved markets, or of the desk's own acts. */
export function movedBy({ evening }: Pick<Settled, 'evening'>): IsMoved {
  const everywhere = new Set<string>();
  const own = new Set<string>();
  for (const { act } of stepsOf(evening)) {
    if (act.kind === 'resolve') for (const token of act.market.tokens) everywhere.add(token);
    if (act.kind === 'split' || act.kind === 'merge' || act.kind === 'redeem')
      for (const token of act.market.tokens) own.add(`${act.account}|${token}`);
    if (act.kind !== 'convert') continue;
    for (const { yes_token_id: yes, no_token_id: no } of act.event.questions) {
      own.add(`${act.account}|${yes}`).add(`${act.account}|${no}`);
    }
  }
  return ({ account, token }) => everywhere.has(token) || own.has(`${account}|${token}`);
}

type Terms = Pick<BalanceFact, 'reserved' | 'pendingOut' | 'pendingIn' | 'total'>;
const NOTHING: Terms = { reserved: 0n, pendingOut: 0n, pendingIn: 0n, total: 0n };

function checkBalances(settled: Settled, found: readonly BalanceFact[]): Check[] {
  const due = termsOf(settled);
  const { held } = settled.evening;
  const off: string[] = [];
  for (const balance of found) {
    const key = `${balance.account}|${balance.asset}`;
    const wanted = due.get(key) ?? NOTHING;
    due.delete(key);
    // A request ends by itself after its time, if the day is told again that late.
    const lapsed = balance.account === held.account && balance.asset === held.asset;
    const also = lapsed ? { ...wanted, reserved: wanted.reserved - held.amount } : wanted;
    if (saidOf(wanted) !== saidOf(balance) && saidOf(also) !== saidOf(balance))
      off.push(`${key}: expected ${saidOf(wanted)}, found ${saidOf(balance)}`);
  }
  for (const [key, wanted] of due) {
    if (saidOf(wanted) !== saidOf(NOTHING)) off.push(`${key}: expected ${saidOf(wanted)}, no row`);
  }
  return [claim(`totals, kept and pending of ${found.length} balances`, off, '')];
}

function saidOf({ total, reserved, pendingOut, pendingIn }: Terms): string {
  return `${total} / ${reserved} / ${pendingOut} / ${pendingIn}`;
}

function termsOf({ evening, expected, wallets }: Settled): Map<string, Terms> {
  const due = new Map<string, Terms>();
  const add = (account: string, asset: string, more: Partial<Terms>): void => {
    const before = due.get(`${account}|${asset}`) ?? NOTHING;
    const sum = (of: keyof Terms) => before[of] + (more[of] ?? 0n);
    due.set(`${account}|${asset}`, {
      total: sum('total'),
      reserved: sum('reserved'),
      pendingOut: sum('pendingOut'),
      pendingIn: sum('pendingIn'),
    });
  };
  const { kept, held, pendingOut, pendingIn } = expected.inventory;
  const resolved = new Set(
    evening.resolutions.flatMap(({ act }) =>
      act.kind === 'resolve' ? act.market.conditionId : [],
    ),
  );
  for (const { account, asset, amount } of wallets.all()) add(account, asset, { total: amount });
  for (const { account, asset, amount, conditionId } of kept) {
    if (!resolved.has(conditionId)) add(account, asset, { reserved: amount });
  }
  for (const { account, asset, amount } of pendingOut) add(account, asset, { pendingOut: amount });
  for (const { account, asset, amount, conditionId, afterEnd } of held)
    add(account, asset, { pendingOut: resolved.has(conditionId) ? afterEnd : amount });
  for (const { account, asset, amount } of pendingIn) add(account, asset, { pendingIn: amount });
  add(evening.held.account, evening.held.asset, { reserved: evening.held.amount });
  return due;
}

const RECORDS = {
  cash: 'CashMoved',
  split: 'PositionsSplit',
  merge: 'PositionsMerged',
  convert: 'PositionsConverted',
  redeem: 'PositionsRedeemed',
} as const;

function movementsOf({ evening }: Settled): Record<string, number> {
  const expected: Record<string, number> = { OpeningBalance: evening.openings.length };
  for (const { act } of stepsOf(evening)) {
    if (act.kind === 'resolve') continue;
    const type = RECORDS[act.kind];
    expected[type] = (expected[type] ?? 0) + 1;
  }
  return expected;
}

function stepsOf({ morning, resolutions, redemptions }: Settled['evening']): readonly Step[] {
  return [...morning, ...resolutions, ...redemptions.map(({ step }) => step)];
}

/**
 * One redemption stands open for each wallet and resolved market that still pays, at its worth; or
 * the planner says by name why not, as of an account of which something is in doubt.
 */
function checkJobs({ evening, wallets, jobs: there }: Settled, facts: InventoryFacts): Check[] {
  const { jobs, withheld } = facts;
  const worth = new Map<string, bigint>();
  const accounts = evening.openings.map(({ key }) => key).filter((key) => key.startsWith('0x'));
  for (const { act } of evening.resolutions) {
    if (act.kind !== 'resolve') continue;
    const whole = act.numerators[0] + act.numerators[1];
    for (const account of accounts) {
      const paid = act.market.tokens.map(
        (token, at) => (wallets.held(account, token) * (act.numerators[at] ?? 0n)) / whole,
      );
      const sum = paid.reduce((total, one) => total + one, 0n);
      if (sum > 0n) worth.set(`${account}|${act.market.conditionId}`, sum);
    }
  }
  const open = jobs.filter(({ kind, state }) => kind === 'REDEEM' && isOpen(state));
  const off: string[] = [];
  for (const { account, conditionId, payout } of open) {
    const key = `${account}|${conditionId ?? ''}`;
    const due = worth.get(key);
    worth.delete(key);
    if (due !== payout) off.push(`${key}: expected ${due ?? 'none'}, found ${payout}`);
  }
  for (const { account, target } of withheld) worth.delete(`${account}|${target}`);
  for (const [key, due] of worth) off.push(`${key}: expected ${due}, found none`);
  const done = jobs.filter(({ state, paid, payout }) => state === 'done' && paid === payout);
  const failed = jobs.filter(({ state }) => state === 'failed');
  return [
    claim('open redemptions free what the wallets are due, or a reason is named', off, ''),
    same('jobs done, each at what the chain has paid', there.redemptions, done.length),
    same('jobs that their executor has given up', there.failure ? 1 : 0, failed.length),
  ];
}

/** Whether a job may still free something. */
export function isOpen(state: string): boolean {
  return state === 'queued' || state === 'running';
}

/** Σ (realised − cost) of all books is the cash that moved, account by account (M2). */
function checkCash(settled: Settled, books: readonly BookFact[]): Check {
  const { evening, expected, bookedCash } = settled;
  const cash = new Map(bookedCash);
  const add = (account: string, amount: bigint): void =>
    void cash.set(account, (cash.get(account) ?? 0n) + amount);
  for (const book of expected.books) add(book.account, book.realised - book.costBasis);
  // What was there before has cost what was declared, long ago.
  for (const { account, basis } of evening.declared) add(account, -basis);
  for (const book of books) add(book.account, book.costBasis - book.realised);
  const unbooked = redeemedAside(settled);
  const off = [...cash].filter(([account, left]) => left !== 0n && !unbooked.has(account));
  const told = off.map(([account, left]) => `${account}: ${left} micros too few`);
  return claim('realised less cost of all books is the cash that moved', told, '');
}

/** Wallets that have redeemed shares of fills that were set aside: that cash is in no book. */
function redeemedAside({ evening, expected }: Settled): ReadonlySet<string> {
  const aside = new Set(expected.aside.map(({ account, token }) => `${account}|${token}`));
  return new Set(
    evening.redemptions.flatMap(({ step: { act } }) =>
      act.kind === 'redeem' && act.market.tokens.some((one) => aside.has(`${act.account}|${one}`))
        ? [act.account]
        : [],
    ),
  );
}

/** Σ of all books of a token is what its wallet holds, but for fills that were set aside. */
function checkShares({ evening, expected, wallets }: Settled, books: readonly BookFact[]): Check {
  const isMoved = movedBy({ evening });
  const aside = new Set(expected.aside.map(({ account, token }) => `${account}|${token}`));
  const held = new Map<string, bigint>();
  for (const { account, token, shares } of books) {
    const key = `${account}|${token}`;
    if (!isMoved({ account, token }) || aside.has(key)) continue;
    held.set(key, (held.get(key) ?? 0n) + shares);
  }
  const off = [...held].filter(([key, shares]) => {
    const [account = '', token = ''] = key.split('|');
    return shares !== wallets.held(account, token);
  });
  const told = off.map(([key, shares]) => `${key}: found ${shares}`);
  return claim(`books of ${held.size} tokens that were moved hold what the wallets hold`, told, '');
}
