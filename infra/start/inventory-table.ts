/** What is free, kept, pending and redeemable, and what may be freed, for people at 80 columns. */

import { type TableColumn, shortId, tableText } from '@polytraders/cli';
import { PUSD } from '@polytraders/testkit/generator';
import { type BalanceFact, type InventoryFacts, type JobFact } from './inventory-facts.ts';
import { cents, grouped } from './summary.ts';

type Line = Omit<BalanceFact, 'pendingIn'> & { readonly of: string };

const amount = (title: string, of: (line: Line) => bigint): TableColumn<Line> => ({
  title,
  text: (line) => cents(of(line)),
  right: true,
});

const BALANCES: readonly TableColumn<Line>[] = [
  { title: 'account', text: ({ account }) => nameOf(account) },
  { title: 'of', text: ({ of }) => of },
  amount('free', ({ free }) => free),
  amount('reserved', ({ reserved }) => reserved),
  amount('pending', ({ pendingOut }) => pendingOut),
  amount('redeemable', ({ redeemable }) => redeemable),
  amount('total', ({ total }) => total),
];

/** By account: its pUSD, and all of its tokens together, cut to cents. */
export function balanceTable({ balances }: Pick<InventoryFacts, 'balances'>): string {
  const lines = new Map<string, Line>();
  for (const balance of balances) {
    const of = balance.asset === PUSD ? 'pUSD' : 'shares';
    const key = `${balance.account}|${of}`;
    const before = lines.get(key);
    const sum = (term: (one: Line) => bigint): bigint =>
      term({ ...balance, of }) + (before === undefined ? 0n : term(before));
    lines.set(key, {
      account: balance.account,
      asset: balance.asset,
      of,
      free: sum(({ free }) => free),
      reserved: sum(({ reserved }) => reserved),
      pendingOut: sum(({ pendingOut }) => pendingOut),
      redeemable: sum(({ redeemable }) => redeemable),
      total: sum(({ total }) => total),
    });
  }
  const sorted = [...lines].sort(([left], [right]) => (left < right ? -1 : 1));
  return tableText(
    BALANCES,
    sorted.map(([, line]) => line),
    'No wallet holds anything.',
  );
}

/** Paper accounts are told from the real ones, at the same width. */
function nameOf(account: string): string {
  return account.startsWith('paper:') ? `paper …${account.slice(-4)}` : shortId(account);
}

/** `3 expired, 2 pending`: every reservation there is or was; and what is withheld, and why. */
export function reservationText({
  reservations,
  withheld,
}: Pick<InventoryFacts, 'reservations' | 'withheld'>): string {
  const told = reservations.map(({ state, count }) => `${grouped(count)} ${state}`);
  const reasons = Map.groupBy(withheld, ({ reason }) => reason);
  const held = [...reasons].map(([reason, of]) => `${grouped(of.length)} for ${reason}`);
  return (
    `Reservations: ${told.length === 0 ? 'none' : told.join(', ')}.\n` +
    (held.length === 0 ? '' : `Jobs withheld: ${held.join(', ')}.\n`)
  );
}

type Jobs = Pick<JobFact, 'kind' | 'state'> & { readonly count: number; readonly frees: bigint };

const JOBS: readonly TableColumn<Jobs>[] = [
  { title: 'jobs', text: ({ kind }) => kind.toLowerCase() },
  { title: 'state', text: ({ state }) => state },
  { title: 'count', text: ({ count }) => grouped(count), right: true },
  { title: 'pUSD that they free', text: ({ frees }) => cents(frees), right: true },
];

/** Jobs by kind and state, with the cash that they free, or have freed. */
export function jobTable({ jobs }: Pick<InventoryFacts, 'jobs'>): string {
  const groups = Map.groupBy(jobs, ({ kind, state }) => `${kind}|${state}`);
  const lines = [...groups.values()].map((group) => ({
    kind: group[0]?.kind ?? '',
    state: group[0]?.state ?? '',
    count: group.length,
    frees: group.reduce((sum, { payout }) => sum + payout, 0n),
  }));
  return tableText(JOBS, lines, 'No jobs are planned.');
}
