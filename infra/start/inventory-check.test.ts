import { describe, expect, test } from '@jest/globals';
import {
  accountantOf,
  eveningOf,
  generateDay,
  happen,
  PUSD,
  walletsOf,
} from '@polytraders/testkit/generator';
import { type BookFact } from './facts.ts';
import { checkInventory, checkSettled, movedBy } from './inventory-check.ts';
import { type BalanceFact, type InventoryFacts, type JobFact } from './inventory-facts.ts';
import { type Settled } from './scene.ts';

const evening = eveningOf({ seed: 'check', fills: 300 });

/** The day as its accountant has lived it. */
function lived(): Settled {
  const accountant = accountantOf();
  for (const message of evening.openings) accountant.read(message);
  for (const message of generateDay({ seed: 'check', fills: 300 })) accountant.read(message);
  for (const message of evening.orders) accountant.read(message);
  const expected = accountant.expectation();
  const wallets = walletsOf(expected.inventory.wallets);
  const steps = [
    ...evening.morning,
    ...evening.resolutions,
    ...evening.redemptions.map(({ step }) => step),
  ];
  const bookedCash = new Map<string, bigint>();
  for (const step of steps) {
    const { act } = step;
    const before = act.kind === 'resolve' ? 0n : wallets.held(act.account, PUSD);
    happen(wallets, step);
    if (act.kind === 'resolve' || act.kind === 'cash') continue;
    const moved = wallets.held(act.account, PUSD) - before;
    bookedCash.set(act.account, (bookedCash.get(act.account) ?? 0n) + moved);
  }
  const sent = { messages: 0, executionReports: 0, commands: 0 };
  const jobs = { redemptions: 3, failure: true };
  const atMidnight = { midnight: [], placed: [] };
  return { evening, expected, wallets, ...atMidnight, bookedCash, jobs, sent };
}

const settled = lived();

/** Facts as an inventory would hold them that understood everything. */
function faithful(): InventoryFacts {
  const kept = walletsOf([evening.held]);
  const resolved = new Set(
    evening.resolutions.flatMap(({ act }) =>
      act.kind === 'resolve' ? act.market.conditionId : [],
    ),
  );
  const { inventory } = settled.expected;
  for (const one of inventory.kept) {
    if (!resolved.has(one.conditionId)) kept.move(one.account, one.asset, one.amount);
  }
  const out = walletsOf(inventory.pendingOut);
  for (const { account, asset, amount, afterEnd, conditionId } of inventory.held)
    out.move(account, asset, resolved.has(conditionId) ? afterEnd : amount);
  const coming = walletsOf(inventory.pendingIn);
  const every = walletsOf([...settled.wallets.all(), ...inventory.pendingIn]);
  const balances = every.all().map(({ account, asset }): BalanceFact => {
    const total = settled.wallets.held(account, asset);
    const [reserved, pendingOut] = [kept.held(account, asset), out.held(account, asset)];
    const pendingIn = coming.held(account, asset);
    const free = total - reserved - pendingOut;
    return { account, asset, free, reserved, pendingOut, pendingIn, redeemable: 0n, total };
  });
  return {
    balances,
    reservations: [{ state: 'refused', count: evening.refused }],
    jobs: [...openJobs(), ...Array.from({ length: 3 }, () => job('done')), job('failed')],
    withheld: [],
    unlikeTotal: [],
    deadKept: [],
    movementsRepeated: [],
    movements: {
      CashMoved: 5,
      OpeningBalance: evening.openings.length,
      PositionsConverted: 1,
      PositionsMerged: 1,
      PositionsRedeemed: 3,
      PositionsSplit: 9,
    },
  };
}

function job(state: string, more: Partial<JobFact> = {}): JobFact {
  const payout = 1_000_000n;
  const names = { account: '0x1', conditionId: '0x2', kind: 'REDEEM', txHash: null };
  return { jobId: state, ...names, state, payout, paid: payout, ...more };
}

/** A redemption for each wallet that a resolved market still owes something. */
function openJobs(): JobFact[] {
  const accounts = evening.openings.map(({ key }) => key).filter((key) => key.startsWith('0x'));
  return evening.resolutions.flatMap(({ act }) =>
    accounts.flatMap((account) => {
      if (act.kind !== 'resolve') return [];
      const { market, numerators } = act;
      const [yes, no] = market.tokens.map((token) => settled.wallets.held(account, token));
      const [first, second] = numerators;
      const whole = first + second;
      const payout = ((yes ?? 0n) * first) / whole + ((no ?? 0n) * second) / whole;
      if (payout === 0n) return [];
      return [job('queued', { account, conditionId: market.conditionId, payout, paid: null })];
    }),
  );
}

/** Books whose sums are right, however the acts fell on the bots: one a wallet and token. */
function books(): BookFact[] {
  const shape = { bot: 'one', fills: 1, grossFees: 0n };
  const found = settled.wallets
    .all()
    .filter(({ asset }) => asset !== PUSD)
    .map(({ account, asset, amount }) => ({
      ...{ ...shape, account, token: asset, shares: amount },
      costBasis: 0n,
      realised: 0n,
    }));
  const cash = new Map(settled.bookedCash);
  for (const { account, costBasis, realised } of settled.expected.books)
    cash.set(account, (cash.get(account) ?? 0n) + realised - costBasis);
  for (const { account, basis } of evening.declared)
    cash.set(account, (cash.get(account) ?? 0n) - basis);
  return found.map((book) => {
    const realised = cash.get(book.account) ?? 0n;
    cash.delete(book.account);
    return { ...book, realised };
  });
}

const differences = (facts: InventoryFacts, found: readonly BookFact[] = books()) =>
  [...checkInventory(facts), ...checkSettled(settled, facts, found)].flatMap((check) =>
    check.difference === null ? [] : [`${check.claim}: ${check.difference}`],
  );

describe('the cross-check of inventory and jobs', () => {
  test('holds for an inventory that understood everything', () => {
    expect(differences(faithful())).toEqual([]);
  });

  test('sees one micro in one balance, in each of its terms, and a row that is missing', () => {
    const facts = faithful();
    for (const term of ['total', 'reserved', 'pendingOut', 'pendingIn'] as const) {
      const balances = facts.balances.map((one, at) =>
        at === 3 ? { ...one, [term]: one[term] + 1n } : one,
      );
      expect(differences({ ...facts, balances })).toHaveLength(1);
    }
    const held = facts.balances.find(({ total }) => total > 0n);
    const balances = facts.balances.filter((one) => one !== held);
    const [gone] = differences({ ...facts, balances });
    expect(gone).toMatch(/^totals, kept and pending .* no row/);
  });

  test('takes a request that has lapsed for what it is', () => {
    const facts = faithful();
    const balances = facts.balances.map((one) =>
      one.account === evening.held.account && one.asset === evening.held.asset
        ? { ...one, reserved: one.reserved - evening.held.amount }
        : one,
    );
    expect(differences({ ...facts, balances })).toEqual([]);
  });

  test('sees a movement that is missing, one told twice, and what SQL finds', () => {
    const facts = faithful();
    const movements = { ...facts.movements, PositionsSplit: 8 };
    const sql = { unlikeTotal: ['a|1'], deadKept: ['r1'], movementsRepeated: ['evt_1'] };
    expect(differences({ ...facts, ...sql, movements })).toEqual([
      'free + reserved + pending out = total (SQL): a|1 is not',
      'no reservation is kept for an order that ended (SQL): r1 is',
      'each movement is on the log once: evt_1 is there again',
      'movements on the log, by type: PositionsSplit: expected 9, found 8',
    ]);
  });

  test('sees a redemption of another amount, and one that is neither there nor withheld', () => {
    const facts = faithful();
    const [first, ...rest] = facts.jobs;
    if (first === undefined) throw new Error('Expected open jobs.');
    const more = { ...first, payout: first.payout + 1n };
    expect(differences({ ...facts, jobs: [more, ...rest] })[0]).toMatch(
      /^open redemptions .*found/,
    );
    const gone = { ...facts, jobs: rest };
    expect(differences(gone)[0]).toMatch(/^open redemptions .* found none/);
    const { account, conditionId: target } = first;
    const withheld = [{ account, target: target ?? '', reason: 'GOV_ACCOUNT_INCOMPLETE' }];
    expect(differences({ ...gone, withheld })).toEqual([]);
  });

  test('sees a micro of cash and a micro-share that books have lost', () => {
    const [first, ...rest] = books();
    if (first === undefined) throw new Error('Expected books.');
    const poorer = [{ ...first, realised: first.realised - 1n }, ...rest];
    expect(differences(faithful(), poorer)[0]).toMatch(/^realised less cost .* 1 micros too few/);
    const moved = [first, ...rest].find(movedBy(settled));
    const fewer = [first, ...rest].map((book) =>
      book === moved ? { ...book, shares: book.shares - 1n } : book,
    );
    expect(differences(faithful(), fewer)[0]).toMatch(/^books of .* hold what the wallets hold/);
  });
});
